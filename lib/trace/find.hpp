// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/trace/decision.hpp"
#include "lib/trace/read_chain.hpp"

namespace bailiwick {

/// A partition, as its manifest says; nobody looked at its rows, nor whether its owner signed.
struct FoundManifest {
  std::string path;
  PartitionManifest manifest;
};

/// What lies below folders.
struct FoundRecords {
  std::vector<ReadChain> chains;               ///< in the order of their paths
  std::map<Digest, FoundManifest> partitions;  ///< by root
  std::vector<FoundDecision> decisions;
  std::vector<std::string> broken;  ///< logs and registries that do not hold, and why
  std::vector<std::string> unseen;  ///< what could not be looked into, and why
};

/// Looks through the folders and all below them; links to folders are not followed. What is met
/// twice counts once. Throws ExitCode::data if one of `folders` is no folder.
FoundRecords find_records(const std::vector<std::string>& folders, std::span<const PublicKey> keys);

/// Whether a chain of a stage lies in the folder.
bool holds_chain(const std::string& folder);

}  // namespace bailiwick

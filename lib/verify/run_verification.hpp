// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/lineage/chain.hpp"

namespace bailiwick {

/// What verify_run() found.
struct RunVerification : Verification {
  /// Files of the folder, and links, that no statement speaks of, in the order of their names, as
  /// they may be shown.
  std::vector<std::string> unsigned_files;
  /// Of each chain of the run: its file, and the digest of its last line.
  std::vector<std::pair<std::string, Digest>> heads;
  std::vector<std::string> missed;            ///< what was not looked at, and how it would be
  std::map<std::string, std::string> owners;  ///< domains, by the ids of their owners' keys
  /// Of each line of approvals.jsonl: why it does not hold; empty, if it does.
  std::vector<std::string> approval_problems;
  std::vector<std::string> check_problems;    ///< likewise of checks.jsonl
  std::vector<std::string> release_problems;  ///< likewise of releases.jsonl
};

}  // namespace bailiwick

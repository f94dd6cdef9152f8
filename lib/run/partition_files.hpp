// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

struct PartitionFile {
  std::string path;
  std::optional<Digest> root;  ///< as the owner's log of increments says, where one names it
};

/// The files of a domain's rows: those that its config names, those that patterns there name, and
/// those of logs of increments. Throws as files_named() and read_increments().
std::vector<PartitionFile> partition_files(const DomainConfig& domain);

}  // namespace bailiwick

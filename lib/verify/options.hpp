// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

namespace bailiwick {

/// What an auditor brings along. No path in a record is followed.
struct VerifyOptions {
  std::vector<std::string> keys;                               ///< PEM files: whose runs count
  std::map<std::string, std::vector<std::string>> owner_keys;  ///< PEM files, by domain
  std::vector<std::string> partitions;  ///< folders that hold partitions, at any depth
  int oldest = 2;  ///< format version of a lineage that is taken; 1 leaves more open
  std::vector<std::string> approver_keys = {};  ///< PEM files: who may approve, beside the owners
  /// In hexadecimal: heads of chains and logs that were kept elsewhere, which must still be there.
  std::vector<std::string> heads = {};
  /// What came after the newest output check is about to be judged, and is no finding.
  bool checks_anew = false;
  std::vector<std::string> time_authorities = {};  ///< PEM files: whose time stamps count
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/partition_files.hpp"

#include <map>

#include "lib/core/file_pattern.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/increments.hpp"

namespace bailiwick {

std::vector<PartitionFile> partition_files(const DomainConfig& domain) {
  std::vector<std::string> paths;
  std::map<std::string, Digest> roots;
  for (const std::string& named : domain.partitions)
    if (names_increments(named)) {
      for (const Increment& increment : read_increments(named, load_public_keys(domain.keys))) {
        paths.push_back(increment.path);
        roots[increment.path] = increment.root;
      }
    } else {
      paths.push_back(named);
    }
  std::vector<PartitionFile> files;
  for (const std::string& path : files_named(paths)) {
    const auto root = roots.find(path);
    files.push_back({path, root == roots.end() ? std::nullopt : std::optional(root->second)});
  }
  return files;
}

}  // namespace bailiwick

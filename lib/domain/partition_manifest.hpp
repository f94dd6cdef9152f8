// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/domain/schema.hpp"

namespace bailiwick {

/// Version 1, which is read and signed but no longer written, spreads categories over indicators.
inline constexpr std::uint64_t partition_version = 4;
void check_partition_version(std::uint64_t version, const std::string& what);

/// What an owner signs about a partition: all that may be known without reading a row.
/// On disk: the payload of a DSSE envelope `<partition>.manifest.json` (docs/partition-format.md).
struct PartitionManifest {
  std::uint64_t version = Schema().version();  ///< of the format of the file and of this manifest
  std::string name;                            ///< of the partition, unique in a run
  std::string owner;                           ///< who signs
  std::string created;                         ///< RFC 3339, UTC
  std::uint64_t rows = 0;
  std::uint64_t block_rows = 0;
  std::string precision;  ///< "float32" or "float64": storage of the features
  Schema schema;
  Digest root;  ///< over the block digests and the schema: docs/partition-format.md
  /// Rows of each split in each block, [split][block]; empty if the schema names no splits.
  std::vector<std::vector<std::uint64_t>> split_rows;

  std::uint64_t blocks() const {
    return block_rows == 0 ? 0 : (rows + block_rows - 1) / block_rows;
  }
  /// Rows of a split (empty: all) in every block, and in all. Throws as split_code().
  std::vector<std::uint64_t> rows_of_blocks(const std::string& split) const;
  std::uint64_t rows_of(const std::string& split) const;
  bool operator==(const PartitionManifest&) const = default;
};

inline constexpr const char* partition_manifest_type =
    "application/vnd.bailiwick.partition-manifest.v1+json";

/// Throws ExitCode::data unless files can be named after the partition: predictions are.
void check_partition_name(const std::string& name, const std::string& what);

Json to_json(const PartitionManifest& manifest);
PartitionManifest manifest_from_json(const Json& json, const std::string& what);

}  // namespace bailiwick

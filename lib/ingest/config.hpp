// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/include.hpp"

namespace bailiwick {

/// What to do with one column of the CSV.
struct IngestColumn {
  enum class Role { feature, target, weight, id, split, domain, ignore };
  enum class Type { number, integer, category, date, boolean };

  std::string name;  ///< in the CSV header, or `column_names`
  std::string as;    ///< name in the partition; empty: the same
  Role role = Role::ignore;
  Type type = Type::number;
  std::string unit, description;
  std::optional<double> minimum, maximum;
  std::vector<std::string> levels;  ///< categories, in order; a value outside them breaks the rule
  std::string reference;  ///< features: the level without an indicator; empty: the first; or "none"
  std::string date_format = "%Y-%m-%d";    ///< dates become days since 1970-01-01
  std::map<std::string, std::string> map;  ///< value -> value, before anything else
  enum class Missing { quarantine, value } missing = Missing::quarantine;
  double missing_value = 0;  ///< with Missing::value
};

/// Rows of the CSV go to the partition whose `values` hold the row's domain column, or, without a
/// domain column, to the only partition.
struct IngestPartition {
  std::string name;  ///< also the file: <output>/<name>.h5
  std::string owner;
  std::vector<std::string> values;  ///< of the domain column; empty with a single partition
  std::string key;                  ///< PEM private key that signs the manifest
};

/// A second CSV, small enough for memory, joined to the inputs by a key: its columns can be used
/// like theirs. An input row whose key it lacks breaks a rule.
struct IngestLookup {
  std::string path;                  ///< CSV with a header, .gz or plain
  std::string key;                   ///< its column that names the rows; each value once
  std::string input_key;             ///< the input column that holds such names; empty: `key`
  std::vector<std::string> columns;  ///< those to add; none: the file is a list of rows to keep
};

struct IngestConfig {
  std::string path;
  std::vector<std::string> inputs;  ///< CSV files, .gz or plain, read in order
  char delimiter = ',';
  bool header = true;
  std::vector<std::string> column_names;  ///< without a header
  std::vector<std::string> missing = {"", "NA", "?"};
  std::vector<IngestLookup> lookups;
  std::vector<IngestColumn> columns;
  /// Name -> share; rows are dealt by a hash of seed and row number.
  std::map<std::string, double> hash_split;
  std::uint64_t split_seed = 0;
  std::uint64_t block_rows = 1024;
  std::string precision = "float64";
  std::string output;  ///< folder
  std::vector<IngestPartition> partitions;
};

/// As parse_run_config.
IngestConfig parse_ingest_config(const ConfigFiles& files);
IngestConfig parse_ingest_config(const std::string& text, const std::string& path);

}  // namespace bailiwick

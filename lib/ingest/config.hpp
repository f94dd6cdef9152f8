// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/csv/csv.hpp"
#include "lib/config/include.hpp"
#include "lib/core/json_fwd.hpp"

namespace bailiwick {

// What the members below mean stands in the schema (config.cpp), by their keys.

/// What to do with one column of the CSV.
struct IngestColumn {
  enum class Role { feature, target, weight, id, unit, split, domain, ignore };
  enum class Type { number, integer, category, date, boolean };

  std::string name, as;   ///< its own; in the partition, empty: the same
  std::string from;       ///< column of the inputs; empty: called as it is
  std::uint64_t lag = 0;  ///< its value so many rows of the unit before
  Role role = Role::ignore;
  Type type = Type::number;
  std::string unit, description;
  std::optional<double> minimum, maximum;
  std::vector<std::string> levels;
  std::string reference;  ///< empty: the first level; or "none"
  std::string date_format = "%Y-%m-%d";
  std::string earliest, latest;  ///< dates, %F
  std::map<std::string, std::string> map;
  std::optional<std::string> others = {};
  std::map<std::string, std::string> until = {};  ///< split -> its last value, as written
  std::string rest = {};                          ///< split of what comes later
  enum class Missing { quarantine, value, keep } missing = Missing::quarantine;
  double missing_value = 0;

  const std::string& source() const { return from.empty() ? name : from; }
};

/// The first value beyond a split that ends with `last`; none if that is not written as such a
/// column's values are. The last day is a whole one.
std::optional<double> end_of_split(const IngestColumn& column, const std::string& last);

/// Rows of the CSV go to the partition whose `values` hold the row's domain column, or, without a
/// domain column, to the only partition.
struct IngestPartition {
  std::string name, owner;  ///< the file: <output>/<name>.h5
  std::vector<std::string> values;
  std::string key;              ///< `sign_with`
  std::string increments = {};  ///< the log of increments that it is one of; empty: of none
};

/// A second CSV, small enough for memory, joined to the inputs by a key: its columns can be used
/// like theirs. An input row whose key it lacks breaks a rule.
struct IngestLookup {
  std::string path, key, input_key;  ///< without input_key: `key`
  std::vector<std::string> columns;
};

/// How numbers are written.
struct NumberFormat {
  char decimal = '.';
  std::optional<char> thousands = {};  ///< between groups of three digits
};

struct IngestConfig {
  static constexpr const char* copied_list = "partitions";

  std::string path;
  ConfigFiles files;      ///< as they were read; none if it was not
  std::string increment;  ///< its name, of rows that come later; empty: of none
  std::vector<std::string> inputs;
  io::CsvFormat csv;
  NumberFormat numbers;
  bool header = true;
  std::vector<std::string> column_names;
  std::vector<std::string> missing = {"", "NA", "?"};
  std::string file_column;  ///< empty: none
  std::string sorted_by;    ///< column in whose order a unit's rows stand; empty: not looked at
  std::vector<IngestLookup> lookups;
  std::vector<IngestColumn> columns;
  std::map<std::string, double> hash_split;  ///< name -> share
  std::uint64_t split_seed = 0, block_rows = 1024, id_bytes = 64;
  double quarantine_at_most = 1;
  std::string precision = "float64";
  std::string output;  ///< folder
  std::vector<IngestPartition> partitions;
};

/// As parse_run_config.
IngestConfig parse_ingest_config(const ConfigFiles& files);
IngestConfig parse_ingest_config(const std::string& text, const std::string& path);

/// Makes it the ingest of rows that come later: its partitions are called `<name>-<increment>`, and
/// lie, with the quarantined rows, in a folder of that name in the output. Throws ExitCode::data
/// for what is no name of a partition.
void as_increment(IngestConfig& config, const std::string& increment);

/// What it may say, as JSON Schema.
OrderedJson ingest_schema();

}  // namespace bailiwick

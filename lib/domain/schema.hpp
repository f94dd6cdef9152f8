// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/json.hpp"

namespace bailiwick {

/// One column of a partition. Stored as a number; `categories` name codes 0, 1, 2 … of a
/// categorical target, and `source`/`level` tell which input column and value an indicator came
/// from.
struct Column {
  std::string name{};
  std::string unit{};  ///< UCUM or plain text; empty if none
  std::string description{};
  std::vector<std::string> categories{};  ///< categorical targets only
  std::string source{};                   ///< indicators only: the input column
  std::string level{};                    ///< indicators only: the value that sets the indicator
  std::optional<double> minimum{};        ///< declared range, not the range found in the rows
  std::optional<double> maximum{};

  bool operator==(const Column&) const = default;
};

/// What the columns of a partition mean. Equal for all partitions of a run.
struct Schema {
  std::vector<Column> features;
  std::vector<Column> targets;
  bool has_weights = false;
  bool has_ids = false;
  std::vector<std::string> splits;  ///< names of split codes 0, 1, …; empty if rows are not split

  bool operator==(const Schema&) const = default;

  /// Index of a feature or target. Throws ExitCode::data naming the near ones.
  std::size_t feature(const std::string& name) const;
  std::size_t target(const std::string& name) const;
};

Json to_json(const Schema& schema);
/// Unknown members are errors. Throws ExitCode::data naming `what`.
Schema schema_from_json(const Json& json, const std::string& what);

/// What differs between two schemas, in words; empty if equal.
std::string describe_difference(const Schema& ours, const Schema& theirs);

/// Number of a split. Throws ExitCode::config, naming the key of the config, if the partitions have
/// no such split.
std::size_t split_code(const Schema& schema, const std::string& split, const char* key = "split");

}  // namespace bailiwick

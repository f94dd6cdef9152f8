// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// The level of rows without a value, where a category keeps them.
inline constexpr const char* missing_level = "(missing)";

/// What a date is stored in.
inline constexpr const char* unit_of_dates = "days since 1970-01-01";

/// One column of a partition. What a category holds is codes 0, 1, 2 …, which have names.
struct Column {
  std::string name{};
  std::string unit{};  ///< UCUM or plain text; empty if none
  std::string description{};
  std::vector<std::string> categories{};  ///< targets: names of the codes
  std::vector<std::string> levels{};      ///< features: names of the codes
  /// Features: the level without an indicator, unless a model asks for it; none: all have one.
  std::optional<std::size_t> reference{};
  std::vector<std::string> indicators{};  ///< features of version 1: their names, one a level
  std::string source{};                   ///< indicators of version 1: the input column
  std::string level{};                    ///< indicators of version 1: the value that sets it
  std::optional<double> minimum{};        ///< declared range, not the range found in the rows
  std::optional<double> maximum{};
  bool missing = false;  ///< features that are numbers: NaN stands where a row has no value

  bool is_category() const { return !levels.empty(); }
  /// The code of rows without a value, if the category has the level for them.
  std::optional<std::size_t> missing_code() const;
  /// Whether rows may be without a value.
  bool may_be_missing() const { return missing || missing_code(); }
  /// What a model calls the column that is 1 in rows of that level and else 0.
  std::string indicator(std::size_t code) const {
    return indicators.empty() ? name + "_" + levels[code] : indicators[code];
  }

  bool operator==(const Column&) const = default;
};

/// What the columns of a partition mean. Equal for all partitions of a run.
struct Schema {
  std::vector<Column> features;
  std::vector<Column> targets;
  bool has_weights = false;
  bool has_ids = false;
  bool has_units = false;           ///< whom each row is about
  std::vector<std::string> splits;  ///< names of split codes 0, 1, …; empty if rows are not split
  /// Version 1 of the format has no codes of features: its features as they lie in the file, if
  /// some are the indicators of a category. In `features` each of these is a category already,
  /// whose level 0 is that of rows without any of them: the reference, which nobody wrote down.
  std::vector<Column> version_1;

  bool operator==(const Schema&) const = default;

  /// Of the format that holds it: a schema without categories is the same in 1 and 2.
  std::uint64_t version() const {
    return !version_1.empty() ? 1 : has_missing() ? 4 : has_units ? 3 : 2;
  }
  /// Some number may be without a value.
  bool has_missing() const;
  std::size_t categories() const;  ///< features that are codes; the others are numbers
};

/// Codes take 16 bits where rows are counted by them, and one more stands for no level.
inline constexpr std::size_t most_levels = 0xfffe;

Json to_json(const Schema& schema);
/// `version`: of the format that the JSON is from. Unknown members are errors. Throws
/// ExitCode::data naming `what`.
Schema schema_from_json(const Json& json, const std::string& what, std::uint64_t version);

/// What differs between two schemas, in words; empty if equal.
std::string describe_difference(const Schema& ours, const Schema& theirs);

/// Number of a split. Throws ExitCode::config, naming the key of the config, if the partitions have
/// no such split.
std::size_t split_code(const Schema& schema, const std::string& split, const char* key = "split");

}  // namespace bailiwick

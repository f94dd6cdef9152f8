// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/csv/row_reader.hpp"
#include "lib/domain/schema.hpp"
#include "lib/ingest/config.hpp"
#include "lib/ingest/date.hpp"

namespace bailiwick {

/// The rule of one CSV column, made ready to be applied to millions of values (docs/ingest.md).
class ColumnRule {
 public:
  enum class Fault {
    none,
    missing,
    number,
    integer,
    inexact,
    range,
    large,
    small,
    category,
    date,
    boolean,
    encoding
  };

  /// `largest`: the largest magnitude that can be stored. Throws ExitCode::config, naming the
  /// config's path, if the rule contradicts itself.
  ColumnRule(const IngestColumn& column, const IngestConfig& config, double largest);

  /// What the column becomes in the schema.
  const Column& column() const { return stored_; }

  /// How the file that is read next writes the column, if it has types of its own.
  void read_as(std::optional<io::RowReader::Form> form);

  /// Whether blanks around a field may belong to it: a category's or an identifier's.
  bool takes_words() const;
  /// Turns the text of a field, without blanks that do not belong to it, into a number: of
  /// categories the code.
  Fault read(std::string_view text, double& value) const;
  /// For identifiers: the text, mapped.
  Fault read(std::string_view text, std::string& value) const;

  static constexpr const char* not_a_number = "not a number";
  static constexpr const char* missing_value = "missing value";
  /// `fault` in words, the same for every row.
  std::string reason(Fault fault) const;

 private:
  void set_days();
  std::string_view mapped(std::string_view text) const;
  bool is_missing(std::string_view text) const;
  Fault read_category(std::string_view text, double& value) const;
  Fault read_number(std::string_view text, double& value) const;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  IngestColumn column_;
  std::vector<std::string> missing_;
  const NumberFormat own_numbers_;
  const DateFormat own_dates_;
  std::optional<io::RowReader::Form> form_;
  NumberFormat numbers_;  ///< of this file
  DateFormat dates_;
  mutable std::string room_;  ///< for a number that is written another way
  double minimum_, maximum_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> map_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> codes_;  // of the levels
  Column stored_;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/ingest/column.hpp"

namespace bailiwick {

/// How numbers may be written, the likeliest first.
inline constexpr std::array<NumberFormat, 4> number_formats = {
    {{'.', std::nullopt}, {',', std::nullopt}, {',', '.'}, {'.', ','}}};

/// What the values of a column can be, as they are seen one after another.
class ColumnGuess {
 public:
  static constexpr std::size_t most_levels = 100;

  /// Of one way to read all values.
  struct Reading {
    ColumnRule rule;
    std::string date_format;  ///< of a date
    bool holds = true;        ///< for all values so far
    bool whole = true;        ///< all values are
    double minimum = 0, maximum = 0;
    std::string first = {}, last = {};  ///< the texts of these two
  };

  explicit ColumnGuess(std::optional<io::RowReader::Form> form);

  void see(std::string_view text);

  std::uint64_t values() const { return values_; }
  const std::map<std::string, std::uint64_t>& missing() const { return missing_; }
  std::uint64_t missing_values() const;
  /// All different values with their counts; empty if there are more than most_levels.
  const std::map<std::string, std::uint64_t>& words() const { return words_; }
  std::size_t longest() const { return longest_; }

  bool is_boolean() const { return values_ > 0 && boolean_.holds; }
  const Reading* number(std::size_t format) const;
  /// The ways to write dates in which all values are one; the likeliest first.
  std::vector<const Reading*> dates() const;

 private:
  static void read(Reading& reading, std::string_view text, std::uint64_t before);

  std::uint64_t values_ = 0;
  std::map<std::string, std::uint64_t> missing_, words_;
  bool many_ = false;
  std::size_t longest_ = 0;
  Reading boolean_;
  std::vector<Reading> numbers_, dates_;
};

/// Words that usually mean a missing value.
bool means_missing(std::string_view text);

}  // namespace bailiwick

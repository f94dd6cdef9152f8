// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/draft/column_guess.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bailiwick {

namespace {

using Type = IngestColumn::Type;

constexpr auto missing_words =
    std::to_array<std::string_view>({"", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "NULL",
                                     "null", "None", ".", "?", "-", "k.A.", "k. A.", "k.a."});

/// Day before month where both would do: two of three countries write so.
constexpr auto date_formats = std::to_array<const char*>(
    {"%Y-%m-%d",       "%FT%T",       "%FT%TZ",         "%F %T",          "%F %H:%M",
     "%d.%m.%Y",       "%d.%m.%y",    "%d/%m/%Y",       "%m/%d/%Y",       "%d-%m-%Y",
     "%d-%b-%Y",       "%d %b %Y",    "%d%b%Y",         "%b %d, %Y",      "%Y/%m/%d",
     "%d.%m.%Y %H:%M", "%d.%m.%Y %T", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y%m%d"});

ColumnGuess::Reading reading(Type type, const NumberFormat& numbers, const std::string& date_format,
                             std::optional<io::RowReader::Form> form) {
  IngestColumn column;
  column.type = type;
  column.date_format = date_format;
  IngestConfig config;
  config.missing = {};
  config.numbers = numbers;
  ColumnGuess::Reading made{ColumnRule(column, config, std::numeric_limits<double>::max()),
                            date_format};
  made.rule.read_as(form);
  return made;
}

/// Eight digits are a date only if they would be one of our time.
bool is_plausible(const std::string& format, double days) {
  return format != "%Y%m%d" || (days > -25567 && days < 47482);  // 1900 to 2099
}

}  // namespace

bool means_missing(std::string_view text) {
  return std::find(missing_words.begin(), missing_words.end(), text) != missing_words.end();
}

ColumnGuess::ColumnGuess(std::optional<io::RowReader::Form> form)
    : boolean_(reading(Type::boolean, number_formats[0], "%F", form)) {
  for (const NumberFormat& format : number_formats)
    numbers_.push_back(reading(Type::number, format, "%F", form));
  for (const char* format : date_formats)
    dates_.push_back(reading(Type::date, number_formats[0], format, form));
}

std::uint64_t ColumnGuess::missing_values() const {
  std::uint64_t sum = 0;
  for (const auto& [word, count] : missing_)
    sum += count;
  return sum;
}

void ColumnGuess::read(Reading& reading, std::string_view text, std::uint64_t before) {
  if (!reading.holds) return;
  double value = 0;
  reading.holds = reading.rule.read(text, value) == ColumnRule::Fault::none &&
                  is_plausible(reading.date_format, value);
  if (!reading.holds) return;
  reading.whole = reading.whole && value == std::trunc(value) && std::abs(value) < 0x1p53;
  if (before == 0 || value < reading.minimum) {
    reading.minimum = value;
    reading.first = text;
  }
  if (before == 0 || value > reading.maximum) {
    reading.maximum = value;
    reading.last = text;
  }
}

void ColumnGuess::see(std::string_view text) {
  if (means_missing(io::trim(text))) {
    ++missing_[std::string(io::trim(text))];
    return;
  }
  const std::string_view bare = io::trim(text);
  read(boolean_, bare, values_);
  for (Reading& number : numbers_)
    read(number, bare, values_);
  for (Reading& date : dates_)
    read(date, bare, values_);
  longest_ = std::max(longest_, text.size());
  if (!many_) {
    const auto known = words_.try_emplace(std::string(text), 0).first;
    ++known->second;
    if (words_.size() > most_levels) {
      many_ = true;
      words_.clear();
    }
  }
  ++values_;
}

const ColumnGuess::Reading* ColumnGuess::number(std::size_t format) const {
  return values_ > 0 && numbers_[format].holds ? &numbers_[format] : nullptr;
}

std::vector<const ColumnGuess::Reading*> ColumnGuess::dates() const {
  std::vector<const Reading*> found;
  for (const Reading& date : dates_)
    if (values_ > 0 && date.holds) found.push_back(&date);
  return found;
}

}  // namespace bailiwick

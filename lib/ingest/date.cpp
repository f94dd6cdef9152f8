// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/date.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>

namespace bailiwick {

namespace {

constexpr std::string_view of_digits = "YymdHMS";
constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes a number off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  int value = 0;
  for (; count < most && count < text.size() && is_digit(text[count]); ++count)
    value = 10 * value + (text[count] - '0');
  if (count < least) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

/// Takes a fraction of a second off the front of `text`, if there is one.
double take_fraction(std::string_view& text) {
  if (text.size() < 2 || text[0] != '.' || !is_digit(text[1])) return 0;
  std::string number = "0.";
  for (text.remove_prefix(1); !text.empty() && is_digit(text.front()); text.remove_prefix(1))
    number += text.front();
  double fraction = 0;
  std::from_chars(number.data(), number.data() + number.size(), fraction);
  return fraction;
}

/// Takes a month's name off the front of `text`: whole, or its first three letters.
std::optional<int> take_month(std::string_view& text) {
  const auto begins = [&](std::string_view name) {
    return text.size() >= name.size() &&
           std::equal(name.begin(), name.end(), text.begin(), [](char small, char c) {
             return small == std::tolower(static_cast<unsigned char>(c));
           });
  };
  for (std::size_t i = 0; i < months.size(); ++i)
    for (const std::string_view name : {months[i], months[i].substr(0, 3)})
      if (begins(name)) {
        text.remove_prefix(name.size());
        return static_cast<int>(i) + 1;
      }
  return std::nullopt;
}

bool take(char directive, bool digit_follows, std::string_view& text, Parts& parts) {
  const std::size_t most = directive == 'Y' ? 4 : 2;
  const bool exact = directive == 'Y' || directive == 'y' || digit_follows;
  const auto value =
      directive == 'b' ? take_month(text) : take_digits(text, exact ? most : 1, most);
  if (!value) return false;
  switch (directive) {
    case 'Y':
      parts.year = *value;
      return true;
    case 'y':
      parts.year = *value + (*value < 69 ? 2000 : 1900);
      return true;
    case 'b':
    case 'm':
      parts.month = *value;
      return true;
    case 'd':
      parts.day = *value;
      return true;
    case 'H':
      parts.hour = *value;
      return *value < 24;
    case 'M':
      parts.minute = *value;
      return *value < 60;
    default:
      parts.second = *value;
      return *value < 60;
  }
}

/// With what %F and %T stand for.
std::string expanded(std::string_view format) {
  std::string all;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const std::string_view two = format.substr(i, 2);
    if (two == "%F" || two == "%T") {
      all += two == "%F" ? "%Y-%m-%d" : "%H:%M:%S";
      ++i;
    } else if (two == "%%") {
      all += two;
      ++i;
    } else {
      all += format[i];
    }
  }
  return all;
}

}  // namespace

DateFormat::DateFormat(std::string_view format) : format_(expanded(format)) {}

std::string DateFormat::problem() const {
  std::string seen;
  for (std::size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] != '%') continue;
    const char directive = i + 1 < format_.size() ? format_[i + 1] : ' ';
    ++i;
    if (directive == '%') continue;
    if (directive != 'b' && of_digits.find(directive) == std::string_view::npos)
      return fmt::format("\"{}\" has %{}; there are %Y %y %m %d %b %H %M %S %F %T %%", format_,
                         directive);
    const char what = directive == 'y' ? 'Y' : directive == 'b' ? 'm' : directive;
    if (seen.find(what) != std::string::npos)
      return fmt::format("\"{}\" says one thing twice", format_);
    seen += what;
  }
  for (const char needed : std::string_view("Ymd"))
    if (seen.find(needed) == std::string::npos)
      return fmt::format("\"{}\" gives no date: it needs a year, a month and a day", format_);
  return "";
}

std::optional<double> DateFormat::read(std::string_view text) const {
  Parts parts;
  for (std::size_t i = 0; i < format_.size(); ++i) {
    const bool directive = format_[i] == '%' && format_[i + 1] != '%';
    if (directive) {
      const bool digit_follows =
          i + 3 < format_.size() && format_[i + 2] == '%' && format_[i + 3] != 'b';
      if (!take(format_[i + 1], digit_follows, text, parts)) return std::nullopt;
      if (format_[i + 1] == 'S' && format_.compare(i + 2, 1, ".") != 0)
        parts.second += take_fraction(text);
      ++i;
      continue;
    }
    if (format_[i] == '%') ++i;
    if (text.empty() || text.front() != format_[i]) return std::nullopt;
    text.remove_prefix(1);
  }
  const std::chrono::year_month_day date(std::chrono::year(parts.year),
                                         std::chrono::month(static_cast<unsigned>(parts.month)),
                                         std::chrono::day(static_cast<unsigned>(parts.day)));
  if (!text.empty() || !date.ok()) return std::nullopt;
  const double seconds = 3600 * parts.hour + 60 * parts.minute + parts.second;
  return std::chrono::sys_days(date).time_since_epoch().count() + seconds / 86400;
}

}  // namespace bailiwick

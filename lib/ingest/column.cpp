// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/column.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <tuple>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

using Fault = ColumnRule::Fault;
using Type = IngestColumn::Type;

Fault parse_double(std::string_view text, double& value) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (text.size() > 1 && *begin == '+' && begin[1] != '-') ++begin;
  const auto [stop, status] = std::from_chars(begin, end, value);
  if (status == std::errc::invalid_argument || stop != end) return Fault::number;
  // from_chars does not say which end of the range was left; strtod's answer is 0 or infinity.
  if (status == std::errc::result_out_of_range)
    return std::fabs(std::strtod(std::string(text).c_str(), nullptr)) > 1 ? Fault::large
                                                                          : Fault::small;
  return std::isfinite(value) ? Fault::none : Fault::number;
}

// strptime takes 31 February; the calendar does not.
Fault parse_date(std::string_view text, const std::string& format, double& days) {
  char buffer[64];
  if (text.size() >= sizeof buffer) return Fault::date;
  *std::copy(text.begin(), text.end(), buffer) = '\0';
  std::tm parts{};
  parts.tm_mday = 1;
  const char* stop = ::strptime(buffer, format.c_str(), &parts);
  if (!stop || stop != buffer + text.size()) return Fault::date;
  const std::chrono::year_month_day date(
      std::chrono::year(parts.tm_year + 1900),
      std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
      std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
  if (!date.ok()) return Fault::date;
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return Fault::none;
}

Fault parse_boolean(std::string_view text, double& value) {
  std::string word(text.substr(0, 6));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto is_one_of = [&word](std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const bool yes = is_one_of({"1", "true", "yes", "t", "y"});
  if (!yes && !is_one_of({"0", "false", "no", "f", "n"})) return Fault::boolean;
  value = yes ? 1 : 0;
  return Fault::none;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

ColumnRule::ColumnRule(const IngestColumn& column, const std::vector<std::string>& missing,
                       double largest, const std::string& where)
    : column_(column),
      missing_(missing),
      minimum_(std::max(column.minimum.value_or(-largest), -largest)),
      maximum_(std::min(column.maximum.value_or(largest), largest)),
      map_(column.map.begin(), column.map.end()) {
  const auto fail = [&](const std::string& problem) {
    throw Error(ExitCode::config, "{}: column \"{}\": {}", where, column.name, problem);
  };
  stored_.name = column.as.empty() ? column.name : column.as;
  stored_.unit = column.unit;
  stored_.description = column.description;
  if (column.type != Type::category) {
    stored_.minimum = column.minimum;
    stored_.maximum = column.maximum;
    if (column.type == Type::boolean)
      std::tie(stored_.minimum, stored_.maximum) = std::pair(0.0, 1.0);
    return;
  }

  if (column.levels.empty()) fail("a category needs its levels");
  if (column.missing == IngestColumn::Missing::value)
    fail("a missing category has no number; map the missing word to a level instead");
  for (std::size_t code = 0; code < column.levels.size(); ++code) {
    const std::string& level = column.levels[code];
    if (is_missing(level)) fail(fmt::format("level \"{}\" is also a word for missing", level));
    if (!codes_.emplace(level, code).second) fail(fmt::format("level \"{}\" twice", level));
  }
  if (column.role == IngestColumn::Role::target) stored_.categories = column.levels;
  if (column.role != IngestColumn::Role::feature) return;
  stored_.levels = column.levels;
  if (column.reference == "none") return;
  const auto reference = codes_.find(column.reference);
  if (!column.reference.empty() && reference == codes_.end())
    fail(fmt::format("reference \"{}\" is not one of its levels: {}{}", column.reference,
                     join(column.levels), did_you_mean(column.reference, column.levels)));
  stored_.reference = column.reference.empty() ? 0 : reference->second;
}

std::string_view ColumnRule::clean(std::string_view text) const {
  text = trim(text);
  if (map_.empty()) return text;
  const auto mapped = map_.find(text);
  return mapped == map_.end() ? text : std::string_view(mapped->second);
}

bool ColumnRule::is_missing(std::string_view text) const {
  return std::find(missing_.begin(), missing_.end(), text) != missing_.end();
}

Fault ColumnRule::read(std::string_view text, std::string& value) const {
  text = clean(text);
  if (is_missing(text)) return Fault::missing;
  if (!is_utf8(text)) return Fault::encoding;
  value = text;
  return Fault::none;
}

Fault ColumnRule::read(std::string_view text, double& value) const {
  text = clean(text);
  if (is_missing(text)) {
    if (column_.missing == IngestColumn::Missing::quarantine) return Fault::missing;
    value = column_.missing_value;
    return Fault::none;
  }
  switch (column_.type) {
    case Type::category:
      return read_category(text, value);
    case Type::boolean:
      return parse_boolean(text, value);
    default:
      return read_number(text, value);
  }
}

Fault ColumnRule::read_category(std::string_view text, double& value) const {
  const auto code = codes_.find(text);
  if (code == codes_.end()) return Fault::category;
  value = static_cast<double>(code->second);
  return Fault::none;
}

Fault ColumnRule::read_number(std::string_view text, double& value) const {
  const Fault fault = column_.type == Type::date ? parse_date(text, column_.date_format, value)
                                                 : parse_double(text, value);
  if (fault != Fault::none) return fault;
  // Above 2^53 neighbouring integers share a double.
  if (column_.type == Type::integer && (value != std::trunc(value) || std::abs(value) > 0x1p53))
    return Fault::integer;
  if (minimum_ <= value && value <= maximum_) return Fault::none;
  const bool declared =
      value >= column_.minimum.value_or(value) && value <= column_.maximum.value_or(value);
  return declared ? Fault::large : Fault::range;
}

std::string ColumnRule::reason(Fault fault) const {
  switch (fault) {
    case Fault::none:
      break;
    case Fault::missing:
      return "missing value";
    case Fault::number:
      return "not a number";
    case Fault::integer:
      return "not an integer";
    case Fault::range:
      if (!column_.maximum) return "less than " + round_trip(*column_.minimum);
      if (!column_.minimum) return "more than " + round_trip(*column_.maximum);
      return fmt::format("out of range {} .. {}", round_trip(*column_.minimum),
                         round_trip(*column_.maximum));
    case Fault::large:
      return "too large to be stored";
    case Fault::small:
      return "too near 0 to be stored";
    case Fault::category:
      if (column_.role == IngestColumn::Role::domain) return "value of no partition";
      return column_.role == IngestColumn::Role::split ? "unknown split" : "unknown category";
    case Fault::date:
      return fmt::format("not a date like {}", column_.date_format);
    case Fault::boolean:
      return "not true or false";
    case Fault::encoding:
      return "not valid UTF-8";
  }
  return "";
}

}  // namespace bailiwick

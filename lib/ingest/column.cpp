// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/column.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <tuple>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

using Fault = ColumnRule::Fault;
using Type = IngestColumn::Type;

/// `text` as from_chars reads numbers, in `room` if it has to be written anew. Nothing if it is not
/// written so.
std::optional<std::string_view> plain_number(std::string_view text, const NumberFormat& format,
                                             std::string& room) {
  if (format.decimal == '.' && !format.thousands) return text;
  room.clear();
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  bool whole = true, grouped = false;  // before the fraction, and with thousands in it
  std::size_t group = 0;               // digits since the last of these
  const auto group_ends = [&] { return grouped ? group == 3 : true; };
  for (const char c : text) {
    if (whole && digit(c)) ++group;
    if (whole && c == format.thousands) {
      if (group == 0 || group > 3 || !group_ends()) return std::nullopt;
      grouped = true;
      group = 0;
      continue;
    }
    const bool fraction = c == format.decimal;
    if (c == '.' && !fraction) return std::nullopt;
    if (whole && !digit(c) && group > 0) {
      if (!group_ends()) return std::nullopt;
      whole = false;
    }
    whole = whole && !fraction;
    room += fraction ? '.' : c;
  }
  if (whole && !group_ends()) return std::nullopt;
  return room;
}

Fault parse_double(std::string_view written, const NumberFormat& format, std::string& room,
                   double& value) {
  const auto plain = plain_number(written, format, room);
  if (!plain) return Fault::number;
  const std::string_view text = *plain;
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

Fault parse_boolean(std::string_view text, double& value) {
  std::string word(text.substr(0, 6));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto is_one_of = [&word](std::initializer_list<const char*> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const bool yes = is_one_of({"1", "1.0", "true", "yes", "t", "y"});
  if (!yes && !is_one_of({"0", "0.0", "false", "no", "f", "n"})) return Fault::boolean;
  value = yes ? 1 : 0;
  return Fault::none;
}

}  // namespace

ColumnRule::ColumnRule(const IngestColumn& column, const IngestConfig& config, double largest)
    : column_(column),
      missing_(config.missing),
      own_numbers_(config.numbers),
      own_dates_(column.date_format),
      numbers_(own_numbers_),
      dates_(own_dates_),
      minimum_(std::max(column.minimum.value_or(-largest), -largest)),
      maximum_(std::min(column.maximum.value_or(largest), largest)),
      map_(column.map.begin(), column.map.end()) {
  const auto fail = [&](const std::string& problem) {
    throw Error(ExitCode::config, "{}: column \"{}\": {}", config.path, column.name, problem);
  };
  stored_.name = column.as.empty() ? column.name : column.as;
  stored_.unit = column.unit;
  stored_.description = column.description;
  const bool keeps = column.missing == IngestColumn::Missing::keep;
  if (keeps && column.type == Type::category) column_.levels.emplace_back(missing_level);
  if (keeps) column_.missing_value = static_cast<double>(column.levels.size());  // its code
  if (column.type == Type::date) set_days();
  if (column.type == Type::date && stored_.unit.empty()) stored_.unit = unit_of_dates;
  if (column.type != Type::category) {
    if (stored_.missing = keeps; keeps) column_.missing_value = NAN;
    stored_.minimum = column_.minimum;
    stored_.maximum = column_.maximum;
    if (column.type == Type::boolean)
      std::tie(stored_.minimum, stored_.maximum) = std::pair(0.0, 1.0);
    return;
  }

  if (column.levels.empty()) fail("a category needs its levels");
  if (column.missing == IngestColumn::Missing::value)
    fail("a missing category has no number; map the missing word to a level instead");
  for (std::size_t code = 0; code < column_.levels.size(); ++code) {
    const std::string& level = column_.levels[code];
    if (is_missing(level)) fail(fmt::format("level \"{}\" is also a word for missing", level));
    if (!codes_.emplace(level, code).second) fail(fmt::format("level \"{}\" twice", level));
  }
  if (column.role == IngestColumn::Role::target) stored_.categories = column.levels;
  if (column.role != IngestColumn::Role::feature) return;
  stored_.levels = column_.levels;
  if (column.reference == "none") return;
  const auto reference = codes_.find(column.reference);
  if (!column.reference.empty() && reference == codes_.end())
    fail(fmt::format("reference \"{}\" is not one of its levels: {}{}", column.reference,
                     join(column.levels), did_you_mean(column.reference, column.levels)));
  stored_.reference = column.reference.empty() ? 0 : reference->second;
}

/// The range of a date, in days. The last is one as long as it lasts.
void ColumnRule::set_days() {
  const DateFormat format("%F");
  if (!column_.earliest.empty()) minimum_ = *(column_.minimum = format.read(column_.earliest));
  if (column_.latest.empty()) return;
  column_.maximum = *format.read(column_.latest) + 1;
  maximum_ = std::nextafter(*column_.maximum, -std::numeric_limits<double>::infinity());
}

void ColumnRule::read_as(std::optional<io::RowReader::Form> form) {
  using Form = io::RowReader::Form;
  form_ = form;
  numbers_ = form && *form != Form::text ? NumberFormat() : own_numbers_;
  dates_ = form == Form::date   ? DateFormat("%F")
           : form == Form::time ? DateFormat("%FT%T")
                                : own_dates_;
}

bool ColumnRule::takes_words() const {
  using Role = IngestColumn::Role;
  return column_.type == Type::category || column_.role == Role::id || column_.role == Role::unit;
}

std::string_view ColumnRule::mapped(std::string_view text) const {
  if (map_.empty()) return text;
  const auto found = map_.find(text);
  if (found != map_.end()) return found->second;
  return column_.others && !is_missing(text) ? std::string_view(*column_.others) : text;
}

bool ColumnRule::is_missing(std::string_view text) const {
  if (form_ && text.empty()) return true;  // null
  return std::find(missing_.begin(), missing_.end(), text) != missing_.end();
}

Fault ColumnRule::read(std::string_view text, std::string& value) const {
  text = mapped(text);
  if (is_missing(text)) return Fault::missing;
  if (!is_utf8(text)) return Fault::encoding;
  value = text;
  return Fault::none;
}

Fault ColumnRule::read(std::string_view text, double& value) const {
  text = mapped(text);
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
  if (column_.type == Type::date) {
    const auto days = dates_.read(text);
    if (!days) return Fault::date;
    value = *days;
  } else if (const Fault fault = parse_double(text, numbers_, room_, value); fault != Fault::none) {
    return fault;
  }
  if (column_.type == Type::integer && value != std::trunc(value)) return Fault::integer;
  // From 2^53 on neighbouring integers share a double.
  if ((column_.type == Type::integer || form_ == io::RowReader::Form::integer) &&
      std::abs(value) >= 0x1p53)
    return Fault::inexact;
  if (minimum_ <= value && value <= maximum_) return Fault::none;
  if (column_.type == Type::date) return Fault::range;
  const bool declared =
      value >= column_.minimum.value_or(value) && value <= column_.maximum.value_or(value);
  return declared ? Fault::large : Fault::range;
}

std::string ColumnRule::reason(Fault fault) const {
  switch (fault) {
    case Fault::none:
      break;
    case Fault::missing:
      return missing_value;
    case Fault::number:
      return not_a_number;
    case Fault::integer:
      return "not an integer";
    case Fault::inexact:
      return "an integer of 2^53 or more, which cannot be stored";
    case Fault::range:
      if (column_.type == Type::date)
        return column_.latest.empty() ? "before " + column_.earliest
               : column_.earliest.empty()
                   ? "after " + column_.latest
                   : fmt::format("out of range {} .. {}", column_.earliest, column_.latest);
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

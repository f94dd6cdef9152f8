// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/instant.hpp"

#include <fmt/chrono.h>

#include <chrono>
#include <ctime>

namespace bailiwick {

namespace {

// Takes digits and separators off the front of a text; once something does not fit, nothing does.
struct Scanner {
  std::string_view rest;
  bool good = true;

  bool accept(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) { good = accept(c) && good; }
  bool digit() const { return !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; }
  int number(int digits) {
    int value = 0;
    for (; digits > 0; --digits) {
      if (!digit()) {
        good = false;
        return 0;
      }
      value = 10 * value + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return value;
  }
};

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  using namespace std::chrono;
  Scanner scan{text};
  const year y{scan.number(4)};
  scan.expect('-');
  const month m{static_cast<unsigned>(scan.number(2))};
  scan.expect('-');
  const day d{static_cast<unsigned>(scan.number(2))};
  scan.expect('T');
  const int hour = scan.number(2);
  scan.expect(':');
  const int minute = scan.number(2);
  scan.expect(':');
  const int second = scan.number(2);

  int nanoseconds = 0;
  if (scan.accept('.')) {
    int unit = 100'000'000;
    scan.good = scan.good && scan.digit();
    while (scan.digit()) {
      const int digit = scan.number(1);
      if (unit == 0 && digit != 0) return std::nullopt;  // finer than we can compare
      nanoseconds += unit * digit;
      unit /= 10;
    }
  }

  int offset = 0;  // minutes east of UTC
  if (!scan.accept('Z')) {
    const int sign = scan.accept('-') ? -1 : 1;
    if (sign == 1) scan.expect('+');
    const int hours = scan.number(2);
    scan.expect(':');
    const int minutes = scan.number(2);
    scan.good = scan.good && hours < 24 && minutes < 60;
    offset = sign * (60 * hours + minutes);
  }

  const year_month_day date{y, m, d};
  if (!scan.good || !scan.rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const std::int64_t days = sys_days{date}.time_since_epoch().count();
  return Instant{((days * 24 + hour) * 60 + minute - offset) * 60 + second, nanoseconds};
}

bool is_utc_second(std::string_view text) {
  constexpr std::string_view form = "YYYY-MM-DDThh:mm:ssZ";
  return text.size() == form.size() && text.ends_with('Z') && parse_instant(text).has_value();
}

std::string utc_now() {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace bailiwick

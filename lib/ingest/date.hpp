// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bailiwick {

/// Why no date can be read by `format`, or nothing. It may have, as strptime names them: %Y (four
/// digits), %y (two; 69 to 99 are of 1900), %m, %d, %H, %M, %S (one or two digits, two where a
/// digit follows), %b (English month, whole or three letters), %F for %Y-%m-%d, %T for %H:%M:%S and
/// %%.
std::string date_format_problem(const std::string& format);

/// Days since 1970-01-01, with the time of day as a fraction. Nothing if `text` is not wholly of
/// that form, or is no day of the calendar.
std::optional<double> parse_date(std::string_view text, std::string_view format);

}  // namespace bailiwick

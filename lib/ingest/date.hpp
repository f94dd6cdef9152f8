// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bailiwick {

/// How dates are written. As strptime names them: %Y (four digits), %y (two; 69 to 99 are of 1900),
/// %m, %d, %H, %M, %S (one or two digits, two where a digit follows; %S
/// may have a fraction), %b (English month, whole or
/// three letters), %F for %Y-%m-%d, %T for %H:%M:%S and %%.
class DateFormat {
 public:
  explicit DateFormat(std::string_view format);

  /// Why no date can be read by it, or nothing.
  std::string problem() const;

  /// Days since 1970-01-01, with the time of day as a fraction. Nothing if `text` is not wholly of
  /// that form, or is no day of the calendar. The format has no problem.
  std::optional<double> read(std::string_view text) const;

 private:
  std::string format_;  ///< without %F and %T
};

}  // namespace bailiwick

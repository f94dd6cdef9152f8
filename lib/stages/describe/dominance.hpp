// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>

namespace bailiwick {

/// What of the numbers of a group decides whether its sum, or mean, tells of one of them: rules of
/// output checkers, of numbers of at least 0, with ACRO's thresholds (acro/default.yaml).
class Magnitudes {
 public:
  void add(double value);

  /// The largest, and the one after.
  const std::array<double, 2>& largest() const { return largest_; }
  bool has_negative() const { return has_negative_; }

  /// n-k rule: the two largest are 90 % of all, or more. `sum`: of all.
  bool two_make_most(double sum) const;
  /// p% rule: all but the two largest are less than 10 % of the largest, so that whoever knows his
  /// own, the second, knows that one nearly.
  bool largest_is_told(double sum) const;

 private:
  std::array<double, 2> largest_{};
  bool has_negative_ = false;
};

}  // namespace bailiwick

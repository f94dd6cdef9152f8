// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/boundary/sums.hpp"
#include "lib/kinds/cox/risk_sets.hpp"
#include "lib/model/summary.hpp"

namespace bailiwick {

/// Of a model with each of its columns and, beside it, the column times a function g of time, whose
/// coefficients are 0: sums over event times.
struct TimeScores {
  std::vector<double> score;  ///< of the second kind; that of the first is 0 at the fit
  /// Packed, of the columns; with g once, of columns and those times g; with g^2, of the latter.
  std::vector<double> information, once, twice;
};

/// Score tests of each second kind's coefficient, then of all together: R's cox.zph(terms = FALSE)
/// (Grambsch & Therneau, Biometrika 81, 1994). Not a number where g is the same for all events.
std::vector<HazardTest> test_proportional_hazards(const std::vector<std::string>& names,
                                                  const TimeScores& sums);

/// What the transforms rank and km are made of, which no domain can tell alone: at each of `times`,
/// which ascend, for rank twice the rows with an earlier time and those with the same; for km the
/// rows at risk. `copies`: a row stands for as many as its weight says. One round of counts, of
/// times on a public grid.
std::vector<double> count_rows_at(std::span<const double> times, TimeTransform transform,
                                  const std::vector<std::vector<Subject>>& subjects, bool copies,
                                  Sums& sums);

}  // namespace bailiwick

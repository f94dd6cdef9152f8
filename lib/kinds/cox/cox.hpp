// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/kinds/cox/survival_rows.hpp"
#include "lib/model/baseline_hazard.hpp"
#include "lib/model/objective.hpp"
#include "lib/model/summary.hpp"

namespace bailiwick {

struct CoxOptions {
  Ties ties = Ties::efron;
  std::vector<std::string> names;  ///< one a column
  std::vector<double> penalty;     ///< as in GlmOptions
  std::optional<TimeGrid> grid;
  TimeTransform transform = TimeTransform::none;  ///< rank and km: on a grid
  std::optional<double> mean_offset =
      {};                          ///< taken from every row's, which changes nothing; unset: none
  double mean_weight = 1;          ///< of the rows
  bool copies = false;             ///< a row's weight is the number of rows that it stands for
  std::vector<double> scale = {};  ///< the columns were multiplied with; empty: they were not
};

class CoxLikelihood : public Objective {
 public:
  /// Of rows on a public grid of times, for each stratum. One round. Collective over the world.
  virtual std::vector<BaselineHazard> baseline(std::span<const double> theta) = 0;
  /// Tests of proportional hazards at the fit, with CoxOptions::transform of time. A few rounds.
  /// Collective over the world.
  virtual std::vector<HazardTest> test_hazards(std::span<const double> theta) = 0;
};

/// Cox partial likelihood (Cox 1972; ties: Breslow 1974, Efron 1977; formulas in docs/models.md).
/// Risk-set sums are integers per event time, so the bits do not depend on how rows lie on ranks.
std::unique_ptr<CoxLikelihood> make_cox_objective(std::vector<SurvivalRows> domains,
                                                  CoxOptions options, Sums& sums);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kokkos_kernels/rows.hpp"
#include "lib/model/objective.hpp"

namespace bailiwick {

enum class Ties { breslow, efron };

struct CoxOptions {
  Ties ties = Ties::efron;
  std::vector<std::string> names;  ///< one a column
  std::vector<double> penalty;     ///< as in GlmOptions
  /// Unstratified across domains: a public grid of times makes event-time counts and risk-set sums
  /// cross the boundary. Unset: strata never span domains and only score, information and
  /// log-likelihood cross.
  struct TimeGrid {
    double step = 1;     ///< all times must be multiples of it
    double maximum = 0;  ///< no time beyond it
  };
  std::optional<TimeGrid> grid;
};

/// One domain's rows on this rank. rows.y holds time (target 0) and status (target 1; 1 = event).
struct SurvivalRows {
  kernels::RowBlocks rows;
  std::vector<std::size_t>
      stratum;  ///< of each block, 0 … strata-1, numbered alike on all ranks of the domain
  std::size_t strata = 1;  ///< in this domain
};

/// Cox partial likelihood (Cox 1972; ties: Breslow 1974, Efron 1977; formulas in docs/models.md).
/// Risk-set sums are integers per event time, so the bits do not depend on how rows lie on ranks.
std::unique_ptr<Objective> make_cox_objective(std::vector<SurvivalRows> domains, CoxOptions options,
                                              Sums& sums);

}  // namespace bailiwick

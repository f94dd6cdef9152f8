// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// Strata that span domains: a public grid of times makes event-time counts and risk-set sums
/// cross the boundary. Unset: strata never span domains and only score, information and
/// log-likelihood cross.
struct TimeGrid {
  double step = 1;     ///< all times must be multiples of it
  double maximum = 0;  ///< no time beyond it

  bool is_valid() const { return step > 0 && maximum >= step && maximum / step < most; }
  /// From 0 on.
  std::size_t times() const { return static_cast<std::size_t>(std::nearbyint(maximum / step)) + 1; }
  /// What is wrong with a time; nullptr: nothing is, and step_of() says which step it is.
  const char* problem(double time) const {
    if (time > maximum) return "a survival time must not exceed time_maximum";
    const double whole = step_of(time);
    return whole < 0 || std::fabs(time - whole * step) > 1e-9 * step
               ? "a survival time must be a multiple of time_step"
               : nullptr;
  }
  double step_of(double time) const { return std::nearbyint(time / step); }
  static constexpr double most = 1 << 20;
};

/// One domain's rows on this rank. rows.y holds time (target 0), status (target 1; 1 = event) and,
/// if rows enter late, the time before which they are not at risk (target 2).
struct SurvivalRows {
  kernels::RowBlocks rows;
  /// Of each row, block * block rows + row: 0 … strata-1, numbered alike on all ranks of the
  /// domain, on a grid in all domains. Empty: all are of one.
  std::vector<std::size_t> stratum{};
  std::size_t strata = 1;
};

}  // namespace bailiwick

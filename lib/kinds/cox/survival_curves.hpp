// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bailiwick {

/// Rows of one group by times, which ascend: how many are at risk, have the event, leave without.
struct RiskTable {
  std::vector<double> time, at_risk, events, censored;
};

/// Kaplan & Meier (1958) with Greenwood's variance, at the times of a risk table; R's
/// survfit(Surv(time, status) ~ 1, conf.type = "log").
struct SurvivalCurve {
  std::vector<double> survival, standard_error, lower, upper;  ///< not a number where undefined
  std::vector<double> cumulative_hazard;                       ///< Nelson (1972), Aalen (1978)
};
SurvivalCurve kaplan_meier(const RiskTable& table);

/// The first time at which the curve `values` is at most a half, or the middle of the stretch on
/// which it is a half, as R's survfit prints it; unset: it is never so low.
std::optional<double> median_time(std::span<const double> time, std::span<const double> values);

/// Area under the curve up to `limit`, and its standard error (Klein & Moeschberger 2003, section
/// 4.5); R's print(survfit, rmean = limit).
struct RestrictedMean {
  double mean = 0, standard_error = 0;
};
RestrictedMean restricted_mean(const RiskTable& table, const SurvivalCurve& curve, double limit);

/// Observed and expected events of each group, and the covariance of their difference (packed lower
/// triangle): sums, which add over strata. Groups have the same times. Mantel (1966); Peto & Peto
/// (1972).
struct LogRank {
  std::vector<double> observed, expected, variance;
};
LogRank log_rank(std::span<const RiskTable> groups);

/// R's survdiff. Unset: fewer than two groups have anything to compare.
struct LogRankTest {
  double chi_squared = 0, p_value = 1;
  std::size_t freedom = 0;
};
std::optional<LogRankTest> test_of(const LogRank& sums);

}  // namespace bailiwick

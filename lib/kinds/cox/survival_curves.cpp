// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/survival_curves.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/undefined.hpp"
#include "lib/model/distributions.hpp"
#include "lib/optim/cholesky.hpp"

namespace bailiwick {

namespace {

std::size_t packed(std::size_t i, std::size_t j) {
  return i * (i + 1) / 2 + j;
}

/// Greenwood's term; 0 where the last rows at risk all have the event, as R has it in a mean.
double greenwood(const RiskTable& table, std::size_t i) {
  const double n = table.at_risk[i], d = table.events[i];
  return n > d ? d / (n * (n - d)) : 0;
}

}  // namespace

SurvivalCurve kaplan_meier(const RiskTable& table) {
  SurvivalCurve curve;
  double survival = 1, variance = 0, hazard = 0;
  for (std::size_t i = 0; i < table.time.size(); ++i) {
    const double n = table.at_risk[i], d = table.events[i];
    if (d > 0) {
      survival *= (n - d) / n;
      hazard += d / n;
      variance += greenwood(table, i);
    }
    const bool over = survival == 0;
    const double relative = std::sqrt(variance);
    const double factor = exact::exp(normal_quantile_95 * relative);
    curve.survival.push_back(survival);
    curve.cumulative_hazard.push_back(hazard);
    curve.standard_error.push_back(over ? undefined : survival * relative);
    curve.lower.push_back(over ? undefined : survival / factor);
    curve.upper.push_back(over ? undefined : std::min(1.0, survival * factor));
  }
  return curve;
}

std::optional<double> median_time(std::span<const double> time, std::span<const double> values) {
  constexpr double tolerance = 0x1p-26;
  for (std::size_t i = 0; i < time.size(); ++i) {
    if (!(values[i] < 0.5 + tolerance)) continue;
    if (std::fabs(values[i] - 0.5) >= tolerance) return time[i];
    for (std::size_t j = i + 1; j < time.size(); ++j)
      if (values[j] < values[i]) return (time[i] + time[j]) / 2;
    return time[i];
  }
  return std::nullopt;
}

RestrictedMean restricted_mean(const RiskTable& table, const SurvivalCurve& curve, double limit) {
  RestrictedMean result;
  double variance = 0;
  // From the end: the area beyond each time.
  for (std::size_t i = table.time.size(); i-- > 0;) {
    if (table.time[i] >= limit) continue;
    const double next = i + 1 < table.time.size() ? std::min(table.time[i + 1], limit) : limit;
    result.mean = std::fma(next - table.time[i], curve.survival[i], result.mean);
    variance = std::fma(result.mean * result.mean, greenwood(table, i), variance);
  }
  result.mean += table.time.empty() ? limit : std::min(table.time.front(), limit);
  result.standard_error = std::sqrt(variance);
  return result;
}

LogRank log_rank(std::span<const RiskTable> groups) {
  const std::size_t count = groups.size();
  LogRank sums{std::vector<double>(count, 0.0), std::vector<double>(count, 0.0),
               std::vector<double>(count * (count + 1) / 2, 0.0)};
  for (std::size_t t = 0; count > 0 && t < groups[0].time.size(); ++t) {
    double at_risk = 0, events = 0;
    for (const RiskTable& group : groups) {
      at_risk += group.at_risk[t];
      events += group.events[t];
    }
    if (events == 0) continue;
    const double spread = at_risk > 1 ? events * (at_risk - events) / (at_risk - 1) : 0;
    for (std::size_t g = 0; g < count; ++g) {
      const double share = groups[g].at_risk[t] / at_risk;
      sums.observed[g] += groups[g].events[t];
      sums.expected[g] = std::fma(share, events, sums.expected[g]);
      for (std::size_t h = 0; h <= g; ++h) {
        const double other = groups[h].at_risk[t] / at_risk;
        double& variance = sums.variance[packed(g, h)];
        variance = std::fma(spread * share, (g == h ? 1 : 0) - other, variance);
      }
    }
  }
  return sums;
}

std::optional<LogRankTest> test_of(const LogRank& sums) {
  // Groups nobody of which was ever at risk at an event say nothing; one of the others follows from
  // the rest.
  std::vector<std::size_t> groups;
  for (std::size_t g = 0; g < sums.expected.size(); ++g)
    if (sums.expected[g] > 0) groups.push_back(g);
  if (groups.size() < 2) return std::nullopt;
  groups.pop_back();
  std::vector<double> variance, difference;
  for (const std::size_t g : groups) {
    difference.push_back(sums.observed[g] - sums.expected[g]);
    for (const std::size_t h : groups)
      if (h <= g) variance.push_back(sums.variance[packed(g, h)]);
  }
  const Cholesky factor(variance);
  if (factor.deficient()) return std::nullopt;
  const std::vector<double> solved = factor.solve(difference);
  LogRankTest test;
  for (std::size_t i = 0; i < groups.size(); ++i)
    test.chi_squared = std::fma(difference[i], solved[i], test.chi_squared);
  test.freedom = groups.size();
  test.p_value = chi_squared_p_value(test.chi_squared, static_cast<double>(test.freedom));
  return test;
}

}  // namespace bailiwick

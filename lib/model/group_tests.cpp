// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/group_tests.hpp"

#include <algorithm>
#include <cmath>

#include "lib/model/distributions.hpp"

namespace bailiwick {

namespace {

GroupTest f_test(double f, double numerator, double denominator) {
  return {f, {numerator, denominator}, f_p_value(f, numerator, denominator)};
}

}  // namespace

MeanDifference welch_t_test(const Group& first, const Group& second) {
  const double a = first.variance / first.rows, b = second.variance / second.rows;
  MeanDifference result;
  result.difference = first.mean - second.mean;
  result.standard_error = std::sqrt(a + b);
  // Of shares, which neither overflow nor vanish in any unit.
  const double share_a = a / (a + b), share_b = b / (a + b);
  const double freedom =
      1 / (share_a * share_a / (first.rows - 1) + share_b * share_b / (second.rows - 1));
  const double t = result.difference / result.standard_error;
  result.test = {t, {freedom}, student_p_value(t, freedom)};
  const double quantile = student_quantile(0.05, freedom);
  result.lower = std::fma(-quantile, result.standard_error, result.difference);
  result.upper = std::fma(quantile, result.standard_error, result.difference);
  return result;
}

GroupTest welch_anova(std::span<const Group> groups) {
  const auto k = static_cast<double>(groups.size());
  // Weights rows / variance as shares of the first, which are numbers without a unit.
  const double unit = groups.front().variance;
  const auto weight = [&](const Group& group) { return group.rows * (unit / group.variance); };
  double weights = 0, mean = 0, between = 0, correction = 0;
  for (const Group& group : groups)
    weights += weight(group);
  for (const Group& group : groups)
    mean += weight(group) / weights * group.mean;
  for (const Group& group : groups) {
    const double z = (group.mean - mean) / std::sqrt(unit), rest = 1 - weight(group) / weights;
    between += weight(group) * (z * z);
    correction += rest * rest / (group.rows - 1);
  }
  correction /= k * k - 1;
  return f_test(between / ((k - 1) * (1 + 2 * (k - 2) * correction)), k - 1, 1 / (3 * correction));
}

GroupTest anova(std::span<const Group> groups) {
  double rows = 0, mean = 0, between = 0, within = 0;
  for (const Group& group : groups)
    rows += group.rows;
  for (const Group& group : groups)
    mean += group.rows / rows * group.mean;
  for (const Group& group : groups) {
    between += group.rows * ((group.mean - mean) * (group.mean - mean));
    if (group.rows > 1) within += (group.rows - 1) * group.variance;
  }
  const double above = static_cast<double>(groups.size()) - 1, below = rows - above - 1;
  return f_test(between / above / (within / below), above, below);
}

std::optional<Independence> chi_squared_test(std::span<const std::int64_t> table,
                                             std::size_t columns) {
  std::vector<double> of_row(table.size() / columns), of_column(columns);
  double all = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto count = static_cast<double>(table[i]);
    of_row[i / columns] += count;
    of_column[i % columns] += count;
    all += count;
  }
  const auto left = [](const std::vector<double>& totals) {
    return totals.size() - static_cast<std::size_t>(std::ranges::count(totals, 0.0));
  };
  const std::size_t r = left(of_row), c = left(of_column);
  if (r < 2 || c < 2) return std::nullopt;

  Independence result;
  result.cells = r * c;
  const auto sum = [&](double correction) {
    double statistic = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      const double expected = of_row[i / columns] * (of_column[i % columns] / all);
      if (expected == 0) continue;
      const double distance = std::fabs(static_cast<double>(table[i]) - expected) - correction;
      statistic += distance * distance / expected;
    }
    return statistic;
  };
  double nearest = 0.5;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double expected = of_row[i / columns] * (of_column[i % columns] / all);
    if (expected == 0) continue;
    result.few += expected < 5 ? 1 : 0;
    nearest = std::min(nearest, std::fabs(static_cast<double>(table[i]) - expected));
  }
  const auto freedom = static_cast<double>((r - 1) * (c - 1));
  const auto test = [&](double statistic) {
    return GroupTest{statistic, {freedom}, chi_squared_p_value(statistic, freedom)};
  };
  result.test = test(sum(0));
  if (result.cells == 4) result.corrected = test(sum(nearest));
  return result;
}

}  // namespace bailiwick

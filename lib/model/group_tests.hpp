// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bailiwick {

/// The rows of one level, of a number: `mean` about any centre that all groups share.
struct Group {
  double rows = 0, mean = 0, variance = 0;  ///< the sample's, divided by rows - 1
};

struct GroupTest {
  double statistic = 0;
  std::vector<double> freedom;  ///< of F: above and below the line
  double p_value = 1;
};

/// The first mean less the second, with its 95 % confidence interval.
struct MeanDifference {
  double difference = 0, standard_error = 0, lower = 0, upper = 0;
  GroupTest test;  ///< t
};

/// Welch's t-test (Biometrika 34, 1947), R's t.test. Of groups of two rows or more, not both
/// constant.
MeanDifference welch_t_test(const Group& first, const Group& second);

/// Equality of means without that of variances (Welch, Biometrika 38, 1951), R's oneway.test. Of
/// two groups or more, each of two rows or more that are not constant.
GroupTest welch_anova(std::span<const Group> groups);

/// One-way analysis of variance (Fisher 1925), R's aov: the F of equal variances. Of groups that
/// have rows, more rows than groups, not all of them constant.
GroupTest anova(std::span<const Group> groups);

/// Independence of rows and columns of a table (Pearson 1900), R's chisq.test.
struct Independence {
  GroupTest test;
  std::optional<GroupTest> corrected;  ///< of two by two: by Yates, JRSS Supplement 1, 1934
  std::size_t cells = 0, few = 0;      ///< of these, those with expected counts below 5
};

/// `table`: a line after the other, of `columns` each. Rows and columns without a count are left
/// out; nothing is returned unless two of each are left.
std::optional<Independence> chi_squared_test(std::span<const std::int64_t> table,
                                             std::size_t columns);

}  // namespace bailiwick

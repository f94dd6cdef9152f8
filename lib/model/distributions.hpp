// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick {

// The few special functions that summaries need, from exact_math alone: a published p-value is a
// number like any other, with the same bits everywhere.

/// P(|Z| >= |z|), Z standard normal.
double normal_p_value(double z);

/// P(|T| >= |t|), T of Student's t with `freedom` > 0 degrees of freedom.
double student_p_value(double t, double freedom);

/// P(F >= f), F of the F distribution with a whole number of degrees of freedom above and any below
/// the line: the incomplete beta function I(denominator/2, numerator/2) (A&S 26.6.2).
double f_p_value(double f, double numerator, double denominator);

/// The t at which student_p_value is `p`, 0 < p < 1.
double student_quantile(double p, double freedom);

/// P(X >= x), X of the chi-squared distribution with `freedom` > 0 degrees of freedom: the
/// incomplete gamma function Q(freedom/2, x/2) by its series or continued fraction
/// (A&S 6.5.29, 6.5.31).
double chi_squared_p_value(double x, double freedom);

/// The z at which normal_p_value is 0.05.
inline constexpr double normal_quantile_95 = 1.9599639845400545;

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <vector>

#include "lib/kinds/glm/glm.hpp"
#include "lib/model/response.hpp"

namespace bailiwick {

/// The likelihood of a negative binomial model, mean mu = e^eta and variance mu + mu^2 / theta, in
/// the coefficients and, last, log theta. The two are independent in expectation (Lawless, Canadian
/// Journal of Statistics 15, 1987), so the information is a block of each: the coefficients'
/// expected one, and theta's observed one, as R's glm.nb has them.
/// `totals`: of a Poisson model's target. `options`: names, penalty, … of the coefficients.
std::unique_ptr<Objective> make_negative_binomial(std::vector<kernels::RowBlocks> domains,
                                                  GlmOptions options, const ResponseTotals& totals,
                                                  Sums& sums);

/// What only theta changes: log Gamma(y + theta) / Gamma(theta) - y log theta, and its first and
/// second derivative by theta beside the terms that cancel theirs.
struct RisingFactorial {
  double value, first, second;
};
RisingFactorial rising_factorial(double theta, double y);

/// Sums over all rows of a fit: of rising_factorial's value, and of the log-likelihood of a row
/// whose mean is y, in the terms of glm_sums. One round. Collective over the world.
struct ShapeTotals {
  double value, saturated;
};
ShapeTotals shape_totals(std::span<const kernels::RowBlocks> domains, double log_theta, Sums& sums);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>

#include "kokkos_kernels/glm/response.hpp"
#include "kokkos_kernels/math/exact_math.hpp"

namespace bailiwick::kernels {

// A family of generalised linear models (McCullagh & Nelder 1989, chapter 2) is a struct, in a file
// of its own, with these members; families.hpp lists them all. Those in brackets come from
// FamilyDefaults where it has none.
//   name          what model.kind says
//   title         of its summary
//   response      how it is measured
//   prediction    what its mean is called where it is predicted
//   rule          what its target must be, for messages: "a Poisson model needs …"
//   allows(y)     whether it is
//   row(y, eta)   log-likelihood, its derivative by eta, and the expected information, on a device;
//                 the log-likelihood without what does not depend on eta
//   mean(eta)     of the target, on a device
//   variance(m)   of a target whose mean is m, as a multiple of the dispersion
//   saturated(y)  the log-likelihood of a row whose mean is y, in the terms of row()
//   deviance(y, eta)  twice what saturated(y) has more than row(y, eta), of one row
//   link(mean)    the predictor that has this mean
//   [whole(y, w)]   whether the likelihood is the probability of such a row: counts are whole
//   [constant(y, w)]  what row() leaves out of a row of weight w
//   [log_likelihood(totals, sum)]  the whole one of all rows, where that of row() is `sum`; of a
//                 family with a dispersion, at the one that maximises it, as R's logLik has it
//   [powers]      how the sums over rows grow with the size of the target
//   [canonical]   whether the link is: the expected information is the observed one, and Newton's
//                 method squares the error at each step; else it is Fisher's scoring
//   [dispersion]  whether a variance is estimated beside the mean: Pearson's, as R's summary.glm
//   [squares]     whether the null model's log-likelihood is minus half the squares about the mean;
//                 else it is the sum of weights times saturated(mean)
//   [log_odds(eta)]  of probabilities with another link than the logit

/// One row of a family.
struct Row {
  double value, residual, information;
};

/// By which power of the target's size log-likelihood, score and information grow.
struct TargetPowers {
  int value, score, information;
};

/// Sums over all rows: their number, their weights, and what saturated() and constant() say.
struct FamilyTotals {
  double rows, weight, saturated, constant;
};

struct FamilyDefaults {
  static constexpr bool canonical = true, dispersion = false, squares = false;
  static constexpr TargetPowers powers{0, 0, 0};

  static bool whole(double, double) { return true; }
  static double constant(double, double) { return 0; }
  static double log_likelihood(const FamilyTotals& totals, double sum) {
    return sum + totals.constant;
  }
  static constexpr double (*log_odds)(double) = nullptr;
};

inline constexpr double two_pi = 6.2831853071795864769;

/// x log x with its limit at 0.
inline double x_log_x(double x) {
  return x == 0 ? 0 : x * exact::log(x);
}

/// As far as a product of a proportion and its trials tells.
inline bool is_whole(double x) {
  return x - std::nearbyint(x) <= 1e-9 * x && std::nearbyint(x) - x <= 1e-9 * x;
}

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>

#include "kokkos_kernels/glm/response.hpp"
#include "kokkos_kernels/math/exact_math.hpp"

namespace bailiwick::kernels {

// A family of generalised linear models (McCullagh & Nelder 1989, chapter 2) is a struct, in a file
// of its own, with these members; families.hpp lists them all.
//   name          what model.kind says
//   title         of its summary
//   response      how it is measured
//   prediction    what its mean is called where it is predicted
//   rule          what its target must be, for messages: "a Poisson model needs …"
//   allows(y)     whether it is
//   row(y, eta)   log-likelihood, its derivative by eta, and the expected information, on a device;
//                 the log-likelihood without what does not depend on eta
//   mean(eta)     of the target, on a device
//   saturated(y)  the log-likelihood of a row whose mean is y, in the terms of row()
//   deviance(y, eta)  twice what saturated(y) has more than row(y, eta), of one row
//   whole(y, w)   whether the likelihood is the probability of such a row: counts are whole numbers
//   constant(y, w)  what row() leaves out of a row of weight w
//   link(mean)    the predictor that has this mean
//   powers        how the sums over rows grow with the size of the target
//   dispersion    whether a variance is estimated beside the mean
//   squares       whether the null model's log-likelihood is minus half the squares about the mean;
//                 else it is the sum of weights times saturated(mean)

/// One row of a family.
struct Row {
  double value, residual, information;
};

/// By which power of the target's size log-likelihood, score and information grow.
struct TargetPowers {
  int value, score, information;
};

/// x log x with its limit at 0.
inline double x_log_x(double x) {
  return x == 0 ? 0 : x * exact::log(x);
}

/// As far as a product of a proportion and its trials tells.
inline bool is_whole(double x) {
  return x - std::nearbyint(x) <= 1e-9 * x && std::nearbyint(x) - x <= 1e-9 * x;
}

}  // namespace bailiwick::kernels

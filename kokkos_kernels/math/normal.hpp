// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/math/exact_math.hpp"

namespace bailiwick::exact {

/// P(Z < x), Z standard normal.
KOKKOS_FORCEINLINE_FUNCTION double normal_cdf(double x) {
  return 0.5 * erfc(x * -0.70710678118654752440);
}

/// The tail of Z on the side of x, P(Z < -|x|), and what lies on the other side, without
/// underflow: the hazard is the density divided by the probability.
struct NormalTail {
  double log_probability, hazard;
  double log_other, other_hazard;

  KOKKOS_FORCEINLINE_FUNCTION explicit NormalTail(double x) {
    const double t = detail::magnitude(x);
    const double half_scaled = 0.5 * erfcx(t * 0.70710678118654752440);
    const double exponent = -0.5 * (t * t);
    const double probability = half_scaled * exact::exp(exponent);
    hazard = 0.39894228040143267794 / half_scaled;  // 1 / sqrt(2 pi)
    other_hazard = hazard * (probability / (1.0 - probability));
    log_probability = exact::log(half_scaled) + exponent;
    log_other = log1p(-probability);
  }
};

/// The x at which normal_cdf is p, 0 < p < 1; bisected to neighbours.
inline double normal_quantile(double p) {
  double low = -39, high = 39;
  for (;;) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) return high;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
}

}  // namespace bailiwick::exact

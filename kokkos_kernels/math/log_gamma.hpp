// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/math/exact_math.hpp"

namespace bailiwick::exact {

/// log Gamma(x) for x > 0: Stirling's series (Abramowitz & Stegun 6.1.40) after a shift to x >= 16.
inline double log_gamma(double x) {
  constexpr double half_log_two_pi = 0.91893853320467274178;
  double shift = 1;
  for (; x < 16; ++x)
    shift *= x;
  const double z = 1 / (x * x);
  // B_2k / (2k (2k - 1)), k = 1 … 7
  double series = 1.0 / 156;
  series = ::fma(series, z, -691.0 / 360360);
  series = ::fma(series, z, 1.0 / 1188);
  series = ::fma(series, z, -1.0 / 1680);
  series = ::fma(series, z, 1.0 / 1260);
  series = ::fma(series, z, -1.0 / 360);
  series = ::fma(series, z, 1.0 / 12);
  return ::fma(x - 0.5, exact::log(x), -x) + (half_log_two_pi + series / x) - exact::log(shift);
}

}  // namespace bailiwick::exact

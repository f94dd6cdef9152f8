// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/math/exact_math.hpp"

namespace bailiwick::exact {

/// The derivative of log Gamma(x), x > 0: its asymptotic series (Abramowitz & Stegun 6.3.18) after
/// a shift to x >= 16.
inline double digamma(double x) {
  double shift = 0;
  for (; x < 16; ++x)
    shift += 1 / x;
  const double z = 1 / (x * x);
  // B_2k / 2k, k = 1 … 7
  double series = 1.0 / 12;
  series = ::fma(series, z, -691.0 / 32760);
  series = ::fma(series, z, 1.0 / 132);
  series = ::fma(series, z, -1.0 / 240);
  series = ::fma(series, z, 1.0 / 252);
  series = ::fma(series, z, -1.0 / 120);
  series = ::fma(series, z, 1.0 / 12);
  return exact::log(x) - (::fma(series, z, 0.5 / x) + shift);
}

/// Its derivative, x > 0 (6.4.12).
inline double trigamma(double x) {
  double shift = 0;
  for (; x < 16; ++x)
    shift += 1 / (x * x);
  const double z = 1 / (x * x);
  // B_2k, k = 1 … 7
  double series = 7.0 / 6;
  series = ::fma(series, z, -691.0 / 2730);
  series = ::fma(series, z, 5.0 / 66);
  series = ::fma(series, z, -1.0 / 30);
  series = ::fma(series, z, 1.0 / 42);
  series = ::fma(series, z, -1.0 / 30);
  series = ::fma(series, z, 1.0 / 6);
  return ::fma(series / x, z, 0.5 * z) + 1 / x + shift;
}

}  // namespace bailiwick::exact

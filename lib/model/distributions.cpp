// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/distributions.hpp"

#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/math/log_gamma.hpp"

namespace bailiwick {
namespace {

constexpr double half_log_pi = 0.57236494292470008707;

/// The continued fraction of I_x(a, b) for x < (a + 1) / (a + b + 2), by the modified Lentz method.
double beta_fraction(double x, double a, double b) {
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m <= 100'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= d * c;
    if (std::fabs(d * c - 1) < 0x1p-52) break;
  }
  return fraction;
}

/// log (Gamma(a + 1/2) / Gamma(a)) without the cancellation of two large logarithms: its asymptotic
/// series after a shift to a >= 16.
double log_half_step(double a) {
  double shift = 1;
  for (; a < 16; ++a)
    shift *= a / (a + 0.5);
  const double z = 1 / (a * a);
  double series = -31.0 / 18432;
  series = std::fma(series, z, 17.0 / 14336);
  series = std::fma(series, z, -1.0 / 640);
  series = std::fma(series, z, 1.0 / 192);
  series = std::fma(series, z, -1.0 / 8);
  return std::fma(0.5, exact::log(a), series / a) + exact::log(shift);
}

}  // namespace

double normal_p_value(double z) {
  return exact::erfc(std::fabs(z) * 0.70710678118654752440);
}

double student_p_value(double t, double freedom) {
  const double ratio = t * t / freedom;
  if (ratio == 0) return 1;
  // I_x(a, 1/2) at x = 1 / (1 + ratio), or one less its complement, whichever fraction converges.
  const double a = freedom / 2, log_x = -exact::log1p(ratio);
  const double log_front =
      std::fma(a, log_x, 0.5 * (exact::log(ratio) + log_x)) + log_half_step(a) - half_log_pi;
  const double front = exact::exp(log_front);
  if (1.5 < ratio * (a + 1)) return front * beta_fraction(1 / (1 + ratio), a, 0.5) / a;
  return 1 - front * beta_fraction(ratio / (1 + ratio), 0.5, a) / 0.5;
}

double chi_squared_p_value(double x, double freedom) {
  if (!(x > 0)) return 1;
  const double a = freedom / 2, z = x / 2;
  const double front = exact::exp(std::fma(a, exact::log(z), -z) - exact::log_gamma(a));
  if (z < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; term > sum * 0x1p-60; ++n) {
      term *= z / n;
      sum += term;
    }
    return 1 - front * sum;
  }
  double b = z + 1 - a, c = 0x1p1000, d = 1 / b, fraction = d;  // the modified Lentz method
  for (int m = 1; m <= 100'000; ++m) {
    const double numerator = -m * (m - a);
    b += 2;
    d = 1 / std::fma(numerator, d, b);
    c = b + numerator / c;
    fraction *= d * c;
    if (std::fabs(d * c - 1) < 0x1p-52) break;
  }
  return front * fraction;
}

double student_quantile(double p, double freedom) {
  double low = 0, high = 1;
  while (student_p_value(high, freedom) > p)
    high *= 2;
  for (;;) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) return high;
    (student_p_value(middle, freedom) > p ? low : high) = middle;
  }
}

}  // namespace bailiwick

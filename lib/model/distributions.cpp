// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/distributions.hpp"

#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/math/log_gamma.hpp"

namespace bailiwick {
namespace {

constexpr double half_log_pi = 0.57236494292470008707;

/// I_x(a, b) over x^a y^b / B(a, b), y = 1 - x, for x < (a + 1) / (a + b + 2): the continued
/// fraction of DiDonato & Morris, ACM TOMS 18 (1992) 360, in which nothing near 1 is taken from 1.
double beta_fraction(double x, double y, double a, double b) {
  const double c = (a > b ? (a + b) * y - b : a - (a + b) * x) + 1, c0 = b / a, c1 = 1 + 1 / a;
  double p = 1, s = a + 1, above_before = 0, below_before = 1, above = 1, below = c / c1;
  double fraction = c1 / c;
  for (int n = 1; n <= 100'000; ++n) {
    const double t = n / a, w = n * (b - n) * x, e = a / s;
    const double alpha = p * (p + c0) * e * e * (w * x);
    const double beta = n + w / s + (t + 1) / (c1 + t + t) * (c + n * (1 + y));
    p = t + 1;
    s += 2;
    const double next_above = alpha * above_before + beta * above;
    const double next_below = alpha * below_before + beta * below;
    const double before = fraction;
    fraction = next_above / next_below;
    if (std::fabs(fraction - before) <= 0x1p-53 * fraction) break;
    above_before = above / next_below;
    below_before = below / next_below;
    above = fraction;
    below = 1;
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
  return f_p_value(t * t, 1, freedom);
}

double f_p_value(double f, double numerator, double denominator) {
  const double ratio = f * numerator / denominator;
  if (ratio == 0) return 1;
  // I_x(a, b) at x = 1 / (1 + ratio), or one less its complement, whichever fraction converges.
  const double a = denominator / 2, b = numerator / 2;
  const double log_x = -exact::log1p(ratio), log_y = exact::log(ratio) + log_x;
  // x^a y^b / B(a, b), from b = 1/2 or 1 up: no large logarithms that cancel.
  double at = b - std::floor(b) > 0 ? 0.5 : 1;
  double log_front = at == 1 ? std::fma(a, log_x, log_y) + exact::log(a)
                             : std::fma(a, log_x, 0.5 * log_y) + log_half_step(a) - half_log_pi;
  for (; at < b; ++at)
    log_front += exact::log((a + at) / at) + log_y;
  const double front = exact::exp(log_front);
  const double x = 1 / (1 + ratio), y = ratio / (1 + ratio);
  return b + 1 < ratio * (a + 1) ? front * beta_fraction(x, y, a, b)
                                 : 1 - front * beta_fraction(y, x, b, a);
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

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/plain_math.hpp"

#include <cmath>  // floor, frexp, ldexp: these are exact
#include <limits>

namespace bailiwick::plain {

namespace {

// ln 2 in two parts: the first has 21 bits to spare, so that its products with exponents are exact.
constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;

/// ln((1 + s) / (1 - s)) = 2 s (1 + s^2 / 3 + s^4 / 5 + ...), |s| < 0.18.
double twice_atanh(double s) {
  const double square = s * s;
  double sum = 0.0;
  for (int k = 23; k >= 3; k -= 2)
    sum = (sum + 1.0 / k) * square;
  return 2.0 * s + 2.0 * s * sum;
}

/// e^x - 1 for |x| < 0.35.
double expm1_near_zero(double x) {
  double sum = 0.0;
  for (int k = 15; k >= 2; --k)
    sum = (sum + 1.0) * (x / k);
  return x + x * sum;
}

}  // namespace

double log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0x1.6a09e667f3bcdp-1) {  // the root of a half
    m *= 2.0;
    --exponent;
  }
  const double near = twice_atanh((m - 1.0) / (m + 1.0));
  return exponent == 0 ? near : exponent * ln2_high + (near + exponent * ln2_low);
}

double log1p(double x) {
  return x > -0.25 && x < 0.4 ? twice_atanh(x / (2.0 + x)) : log(1.0 + x);
}

double exp(double x) {
  if (x < -708.0) return 0.0;
  if (x > 709.0) return std::numeric_limits<double>::infinity();
  const double k = std::floor(x * 0x1.71547652b82fep0 + 0.5);
  const double rest = (x - k * ln2_high) - k * ln2_low;
  return std::ldexp(1.0 + expm1_near_zero(rest), static_cast<int>(k));
}

double expm1(double x) {
  return x > -0.34 && x < 0.34 ? expm1_near_zero(x) : exp(x) - 1.0;
}

}  // namespace bailiwick::plain

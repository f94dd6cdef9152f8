// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/math/exact_math_detail.hpp"

/// Elementary functions that give the same bits on every processor: binary64 additions, products,
/// divisions and explicit fma, nothing else, in one order. Use them in place of <cmath>'s, which
/// differ between libraries and their versions.
///
/// float: correctly rounded (nearest, ties to even), checked for all 2^32 arguments of each
/// function. double: largest error seen, in ulp, against MPFR on half a million arguments in each
/// of several ranges (benchmarks/exact_math_exhaustive.cpp):
///
///   exp 0.59   expm1 0.88   log 0.55   log1p 0.57   tanh 0.77   erf 0.65   erfc 0.80   erfcx 0.80
///   sigmoid 0.59   softplus 0.59   (0.82 where the result is near or below 2^-1022)
///
/// NaN gives the one quiet NaN 0x7ff8000000000000 (0x7fc00000). Zeros keep their sign where the
/// function is odd. Loops over arrays vectorise (GCC 12, -O3, AVX2 and AVX-512), with the bits of
/// the scalar code. The compiler must not contract a product and a sum: -ffp-contract=off, nvcc
/// -fmad=false.
namespace bailiwick::exact {
namespace detail {

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T exp(double x) {
  const Exponential e(x);
  const Pair m = e.significand();
  return finish<T>(scale(join<T>(m.hi, m.lo), e.power));
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T expm1(double x) {
  const Exponential e(select(x < -50.0, -50.0, x));
  const Pair m = e.minus_one();
  const double y = scale(join<T>(m.hi, m.lo), e.power);
  return finish<T>(select(magnitude(x) < 0x1p-54, x, y));
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T log(double x) {
  const bool subnormal = x < 0x1p-1022;
  const Binade b(x * select(subnormal, 0x1p54, 1.0));
  const Pair sum = log_sum(b.k - select(subnormal, 54.0, 0.0), b.m - 1.0, 0.0);
  double y = join<T>(sum.hi, sum.lo);
  y = select(x < infinity(), y, x);
  y = select(x > 0.0, y, from_bits(nan_bits));
  return finish<T>(select(x == 0.0, -infinity(), y));
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T log1p(double x) {
  // u + c = 1 + x exactly, whichever of the two is larger.
  const double u = 1.0 + x;
  const double x_part = u - 1.0;
  const double c = (1.0 - (u - x_part)) + (x - x_part);
  const Binade b(u);
  const bool near = b.k == 0.0;
  // c counts for nothing beside a large u, where 2^-k might not be a double.
  const double inverse = select(x < 0x1p60, from_bits((Bits{2047} - b.biased) << 52), 0.0);
  const Pair sum = log_sum(b.k, select(near, x, b.m - 1.0), select(near, 0.0, c * inverse));
  double y = join<T>(sum.hi, sum.lo);
  y = select(x < infinity(), y, x);
  y = select(x > -1.0, y, from_bits(nan_bits));
  y = select(x == -1.0, -infinity(), y);
  return finish<T>(select(magnitude(x) < 0x1p-54, x, y));
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T tanh(double x) {
  // -t / (2 + t), t = e^(-2|x|) - 1
  const double twice = -2.0 * magnitude(x);
  const Exponential e(select(twice < -44.0, -44.0, twice));
  const Pair m = e.minus_one();
  const double t = scale(m.hi, e.power);
  const double t_lo = scale(m.lo, e.power);
  const double d = 2.0 + t;
  const Pair q = divide({-t, -t_lo}, {d, ((2.0 - d) + t) + t_lo});
  const double y = with_sign(join<T>(q.hi, q.lo), x);
  return finish<T>(select(magnitude(x) < 0x1p-30, x, y));
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T erf(double x) {
  const double a = magnitude(x);
  const Pair near = erf_near(a);
  const ErfcFar far(a);
  const double far_hi = scale(far.m.hi, far.power);
  const double one_less = 1.0 - far_hi;
  const double one_less_lo = ((1.0 - one_less) - far_hi) - scale(far.m.lo, far.power);
  const bool small = a < erf_split;
  const double y = join<T>(select(small, near.hi, one_less), select(small, near.lo, one_less_lo));
  return finish<T>(with_sign(y, x));
}

KOKKOS_FORCEINLINE_FUNCTION double erfc(double x) {
  const double a = magnitude(x);
  const ErfcFar far(a);
  const double tail = scale(far.m.hi + far.m.lo, far.power);
  // Elsewhere it is 1 -+ erf(|x|) or 2 - erfc(|x|).
  const Pair near = erf_near(a);
  const bool small = a < erf_split;
  const bool plus = small & (x < 0.0);
  const double base = select(small, 1.0, 2.0);
  const double part = select(small, near.hi, scale(far.m.hi, far.power));
  const double part_lo = select(small, near.lo, scale(far.m.lo, far.power));
  const double signed_part = select(plus, part, -part);
  const double hi = base + signed_part;
  const double lo = ((base - hi) + signed_part) + select(plus, part_lo, -part_lo);
  return finish<double>(select(x >= erf_split, tail, hi + lo));
}

/// x >= 0
KOKKOS_FORCEINLINE_FUNCTION double erfcx(double x) {
  const double a = select(x > 28.0, 28.0, x);
  const double middle = ErfcScaled(a).y.hi + ErfcScaled(a).y.lo;
  // (1 - erf(x)) e^(x^2)
  const double b = select(x > erf_split, erf_split, x), square = b * b;
  const Pair part = erf_near(b);
  const double rest = 1.0 - part.hi, rest_lo = ((1.0 - rest) - part.hi) - part.lo;
  Pair e = Exponential(square).value();
  e.lo = ::fma(::fma(b, b, -square), e.hi, e.lo);
  const double product = rest * e.hi;
  const double near =
      product + ::fma(rest_lo, e.hi, ::fma(rest, e.lo, ::fma(rest, e.hi, -product)));
  // 1 / (x sqrt(pi)) (1 - u (1 - 3 u (1 - 5 u (…)))), u = 1 / (2 x^2): A&S 7.1.23
  const double u = 0.5 / (x * x);
  const double less = u * horner(u, 1.0, -3.0, 15.0, -105.0, 945.0, -10395.0);
  const Pair q = divide({0x1.20dd750429b6dp-1, 0x1.1ae3a914fed80p-57}, {x, 0.0});
  const double far = select(x < 1e300, q.hi + ::fma(-q.hi, less, q.lo), q.hi);
  const double y = select(x < erf_split, near, select(x > 28.0, far, middle));
  return finish<double>(y);
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T sigmoid(double x) {
  // z = e^-|x|; 1 / (1 + z) or z / (1 + z)
  const Exponential e(-magnitude(x));
  const Pair m = e.significand();
  const double z = scale(m.hi, e.power);
  const double z_lo = scale(m.lo, e.power);
  const double d = 1.0 + z;
  const bool positive = x > 0.0;
  const Pair n{select(positive, 1.0, m.hi), select(positive, 0.0, m.lo)};
  const Pair q = divide(n, {d, ((1.0 - d) + z) + z_lo});
  return finish<T>(scale(join<T>(q.hi, q.lo), select(positive, one_power, e.power)));
}

template <class T>
KOKKOS_FORCEINLINE_FUNCTION T softplus(double x) {
  // max(x, 0) + log(1 + z), z = e^-|x|
  const Exponential e(-magnitude(x));
  const Pair m = e.significand();
  const double z = scale(m.hi, e.power);
  const double z_lo = scale(m.lo, e.power);
  const bool halve = z > 0.41421356;  // 1 + z = 2 (1 + (z - 1)/2)
  const double less = z - 1.0;
  const double less_lo = (z - (less + 1.0)) + z_lo;
  const Pair sum = log_sum(select(halve, 1.0, 0.0), select(halve, 0.5 * less, z),
                           select(halve, 0.5 * less_lo, z_lo));
  const double base = select(x > 0.0, x, 0.0);
  const double hi = base + sum.hi;
  const double from_sum = hi - base;
  const double lo = ((base - (hi - from_sum)) + (sum.hi - from_sum)) + sum.lo;
  double y = join<T>(hi, lo);
  y = select(x < -40.0, scale(join<T>(m.hi, m.lo), e.power), y);
  return finish<T>(select(x > 40.0, x, y));
}

}  // namespace detail

KOKKOS_FORCEINLINE_FUNCTION double exp(double x) {
  return detail::exp<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float exp(float x) {
  return detail::exp<float>(x);
}

/// e^x - 1
KOKKOS_FORCEINLINE_FUNCTION double expm1(double x) {
  return detail::expm1<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float expm1(float x) {
  return detail::expm1<float>(x);
}

KOKKOS_FORCEINLINE_FUNCTION double log(double x) {
  return detail::log<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float log(float x) {
  return detail::log<float>(x);
}

/// log(1 + x)
KOKKOS_FORCEINLINE_FUNCTION double log1p(double x) {
  return detail::log1p<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float log1p(float x) {
  return detail::log1p<float>(x);
}

KOKKOS_FORCEINLINE_FUNCTION double tanh(double x) {
  return detail::tanh<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float tanh(float x) {
  return detail::tanh<float>(x);
}

KOKKOS_FORCEINLINE_FUNCTION double erf(double x) {
  return detail::erf<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float erf(float x) {
  return detail::erf<float>(x);
}

/// 1 - erf(x) without cancellation; 2 Phi(-z) is erfc(z / sqrt(2)).
KOKKOS_FORCEINLINE_FUNCTION double erfc(double x) {
  return detail::erfc(x);
}

/// e^(x^2) erfc(x), x >= 0
KOKKOS_FORCEINLINE_FUNCTION double erfcx(double x) {
  return detail::erfcx(x);
}

/// 1 / (1 + e^-x)
KOKKOS_FORCEINLINE_FUNCTION double sigmoid(double x) {
  return detail::sigmoid<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float sigmoid(float x) {
  return detail::sigmoid<float>(x);
}

/// log(1 + e^x)
KOKKOS_FORCEINLINE_FUNCTION double softplus(double x) {
  return detail::softplus<double>(x);
}
KOKKOS_FORCEINLINE_FUNCTION float softplus(float x) {
  return detail::softplus<float>(x);
}

}  // namespace bailiwick::exact

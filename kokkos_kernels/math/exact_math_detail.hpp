// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <Kokkos_Macros.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// The parts of exact_math.hpp. Every function works on double and carries its result as an
/// unevaluated sum hi + lo good to about 57 bits or more, so that the last rounding, to double or
/// to float, is the only one that shows. Branchless and without tables: loops vectorise.
namespace bailiwick::exact::detail {

using Bits = std::uint64_t;

template <class To, class From>
KOKKOS_FORCEINLINE_FUNCTION To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(To));  // std::bit_cast is not for device code
  return to;
}
KOKKOS_FORCEINLINE_FUNCTION Bits bits(double x) {
  return bit_cast<Bits>(x);
}
KOKKOS_FORCEINLINE_FUNCTION double from_bits(Bits b) {
  return bit_cast<double>(b);
}

inline constexpr Bits sign_bit = Bits{1} << 63;
inline constexpr Bits infinity_bits = Bits{0x7ff} << 52;
inline constexpr Bits nan_bits = Bits{0x7ff8} << 48;

KOKKOS_FORCEINLINE_FUNCTION double infinity() {
  return from_bits(infinity_bits);
}
KOKKOS_FORCEINLINE_FUNCTION double magnitude(double x) {
  return from_bits(bits(x) & ~sign_bit);
}
/// y >= 0 with the sign of x.
KOKKOS_FORCEINLINE_FUNCTION double with_sign(double y, double x) {
  return from_bits(bits(y) | (bits(x) & sign_bit));
}

/// condition ? yes : no on the bits: a conditional would let compilers skip the other side's
/// arithmetic by a branch, which ends vectorisation.
KOKKOS_FORCEINLINE_FUNCTION Bits select(bool condition, Bits yes, Bits no) {
  return no ^ ((yes ^ no) & (Bits{0} - Bits{condition}));
}
KOKKOS_FORCEINLINE_FUNCTION double select(bool condition, double yes, double no) {
  return from_bits(select(condition, bits(yes), bits(no)));
}

/// c0 + x (c1 + x (c2 + ...))
KOKKOS_FORCEINLINE_FUNCTION double horner(double, double c) {
  return c;
}
template <class... Rest>
KOKKOS_FORCEINLINE_FUNCTION double horner(double x, double c, Rest... rest) {
  return ::fma(x, horner(x, rest...), c);
}

struct Pair {
  double hi, lo;
};

/// hi + lo, |lo| << |hi|, rounded once: to nearest when the answer is a double; to odd when it will
/// be rounded again, to float (Boldo & Melquiond, IEEE Trans. Comput. 57 (2008) 462).
template <class T>
KOKKOS_FORCEINLINE_FUNCTION double join(double hi, double lo) {
  const double sum = hi + lo;
  if constexpr (std::is_same_v<T, double>) {
    return sum;
  } else {
    const double rest = (hi - sum) + lo;
    const Bits inexact{magnitude(rest) > 0.0};
    const Bits below = (bits(rest) ^ bits(sum)) >> 63;
    return from_bits((bits(sum) - (inexact & below)) | inexact);
  }
}

/// The answer in type T. Processors differ in the NaNs they make; here there is one.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION T finish(double x) {
  if constexpr (std::is_same_v<T, double>) {
    return select(x == x, x, from_bits(nan_bits));
  } else {
    const T y = static_cast<T>(x);
    return bit_cast<T>(y == y ? bit_cast<std::uint32_t>(y) : std::uint32_t{0x7fc00000});
  }
}

/// n / (d.hi + d.lo), d.hi = O(1).
KOKKOS_FORCEINLINE_FUNCTION Pair divide(Pair n, Pair d) {
  const double inverse = 1.0 / d.hi;
  const double quotient = n.hi * inverse;
  const double rest = ::fma(-quotient, d.lo, ::fma(-quotient, d.hi, n.hi)) + n.lo;
  return {quotient, rest * inverse};
}

// A power of two 2^k travels as the integer k + one_power, k from -1100 to 1024.
inline constexpr Bits one_power = 2046;

/// x 2^k in two steps, as 2^k may not be a double; rounds at most once.
KOKKOS_FORCEINLINE_FUNCTION double scale(double x, Bits power) {
  const Bits half = power >> 1;
  return x * from_bits(half << 52) * from_bits((power - half) << 52);
}

/// hi + lo, |lo| <= |hi|, with the overlap removed: Fast2Sum, exact.
KOKKOS_FORCEINLINE_FUNCTION Pair normal(double hi, double lo) {
  const double sum = hi + lo;
  return {sum, (hi - sum) + lo};
}

/// e^x = 2^k (1 + r + tail), |r| <= ln(2)/2, for x clamped to -746 .. 710.
struct Exponential {
  double r, tail;
  Bits power;

  KOKKOS_FORCEINLINE_FUNCTION explicit Exponential(double x) {
    x = select(x < -746.0, -746.0, x);
    x = select(x > 710.0, 710.0, x);
    // Adding 1.5 2^52 rounds to an integer and leaves it in the low bits.
    const double shift = 0x1.8p52 + static_cast<double>(one_power);
    const double shifted = ::fma(x, 0x1.71547652b82fep+0, shift);
    power = bits(shifted) & 0xfff;
    const double k = shifted - shift;
    const double reduced = ::fma(k, -0x1.62e42fefa3800p-1, x);  // exact: 42 bits of ln 2
    const double rest = k * -0x1.ef35793c76730p-45;
    r = reduced + rest;
    const double r_lo = (reduced - r) + rest;
    // (e^r - 1 - r) / r^2, error of r^2 p 2^-61.6
    const double p = horner(r, 0x1.0000000000000p-1, 0x1.5555555555557p-3, 0x1.5555555555556p-5,
                            0x1.11111111100dfp-7, 0x1.6c16c16c162d6p-10, 0x1.a01a01abe6323p-13,
                            0x1.a01a01a6d7831p-16, 0x1.71de0237484cdp-19, 0x1.27e4db67ac2b0p-22,
                            0x1.af4ddda1c08cdp-26, 0x1.1f72fc83bcbc7p-29);
    tail = ::fma(r * r, p, ::fma(r, r_lo, r_lo));
  }

  KOKKOS_FORCEINLINE_FUNCTION Pair significand() const {
    const double hi = 1.0 + r;
    return normal(hi, ((1.0 - hi) + r) + tail);
  }
  KOKKOS_FORCEINLINE_FUNCTION Pair value() const {
    const Pair m = significand();
    return {scale(m.hi, power), scale(m.lo, power)};
  }
  /// (e^x - 1) / 2^k; right for x >= -50, below which it is -1 / 2^k.
  KOKKOS_FORCEINLINE_FUNCTION Pair minus_one() const {
    const double inverse = scale(1.0, 2 * one_power - power);
    const double a = 1.0 - inverse;
    const double part = a - 1.0;
    const double a_lo = (1.0 - (a - part)) - (inverse + part);
    const double hi = a + r;
    return normal(hi, (((a - hi) + r) + a_lo) + tail);
  }
};

/// k ln 2 + log(1 + f + f_lo) for 1 + f in sqrt(1/2) .. sqrt(2): with s = f / (2 + f),
/// log(1 + f) = 2 s + s^3 P(s^2).
KOKKOS_FORCEINLINE_FUNCTION Pair log_sum(double k, double f, double f_lo) {
  const double d = 2.0 + f;
  const Pair s = divide({f, f_lo}, {d, ((2.0 - d) + f) + f_lo});
  const double z = s.hi * s.hi;
  // error of z P 2^-59.7
  const double p = horner(z, 0x1.5555555555555p-1, 0x1.9999999999a38p-2, 0x1.2492492476ccbp-2,
                          0x1.c71c7201592a1p-3, 0x1.745cf9048617ap-3, 0x1.3b1c355c3560fp-3,
                          0x1.0fbe95aaf31a8p-3, 0x1.0c039e172b8dfp-3);
  const double tail = ::fma(s.hi * z, p, 2.0 * s.lo);
  const double two_s = 2.0 * s.hi;
  const double hi = ::fma(k, 0x1.62e42fefa3800p-1, two_s);
  const double lo = ::fma(k, 0x1.62e42fefa3800p-1, -hi) + two_s;
  return {hi, lo + ::fma(k, 0x1.ef35793c76730p-45, tail)};
}

/// x = 2^k m, m in sqrt(1/2) .. sqrt(2), for x positive and normal.
struct Binade {
  double m, k;
  Bits biased;  ///< k + 1024

  KOKKOS_FORCEINLINE_FUNCTION explicit Binade(double x) {
    const Bits offset = (Bits{1024} << 52) - bits(0x1.6a09e667f3bcdp-1);
    const Bits t = bits(x) + offset;
    biased = t >> 52;
    m = from_bits(bits(x) - (t & (Bits{0xfff} << 52)) + (Bits{1024} << 52));
    k = from_bits(biased | bits(0x1p52)) - (0x1p52 + 1024.0);
  }
};

inline constexpr double erf_split = 0.6;

/// c + c_lo + x y
KOKKOS_FORCEINLINE_FUNCTION Pair last_term(double x, double y, double c, double c_lo) {
  const double hi = ::fma(x, y, c);
  return {hi, ::fma(x, y, c - hi) + c_lo};
}

/// erf(a), 0 <= a <= erf_split: a (2 / sqrt(pi) + a^2 P(a^2)), error of a^2 P 2^-60.6.
KOKKOS_FORCEINLINE_FUNCTION Pair erf_near(double a) {
  const double w = a * a;
  const double rest = horner(w, 0x1.ce2f21a042bdfp-4, -0x1.b82ce31288707p-6, 0x1.565bcd0e442b0p-8,
                             -0x1.c02db3eaad15dp-11, 0x1.f9a31ff5f3f76p-14, -0x1.f4d0f841ccd16p-17,
                             0x1.b9bafe0bfdd5dp-20, -0x1.5c2e16ec18f39p-23, 0x1.b67787e377ba8p-27);
  const Pair p = last_term(w, rest, -0x1.812746b0379e7p-2, 0x1.f0d4812d14618p-57);
  const double c = 0x1.20dd750429b6dp+0, c_lo = 0x1.1ae3a914fed80p-56;  // 2 / sqrt(pi)
  const double hi = c * a;
  const double lo = ::fma(a * w, p.lo, ::fma(c_lo, a, ::fma(c, a, -hi)));
  return {hi, ::fma(a * w, p.hi, lo)};
}

/// exp(a^2) erfc(a), 28 >= a >= erf_split: (1 + P(q)) / (1 + 2 a), q = (a-K)/(a+K), error of P
/// 2^-62.7, the form of Shepherd & Laframboise, Math. Comp. 36 (1981) 249.
struct ErfcScaled {
  Pair y;

  KOKKOS_FORCEINLINE_FUNCTION explicit ErfcScaled(double a) {
    const bool beyond = a > 2.25;
    const double more = select(beyond, a, 2.25), less = select(beyond, 2.25, a);
    const double sum = more + less, difference = more - less;
    const Pair size = divide({difference, (more - difference) - less}, {sum, (more - sum) + less});
    const double q = select(beyond, size.hi + size.lo, -(size.hi + size.lo));
    const double terms =
        horner(q, -0x1.c39b648acf324p-4, -0x1.0bd670229e09fp-3, 0x1.5271f6e8e15bbp-3,
               -0x1.5482c87dce4a9p-4, 0x1.76e630758d0e3p-7, 0x1.0936629223b59p-7,
               -0x1.574ac260f1f56p-9, -0x1.33a168feb3658p-10, 0x1.b003280d64d43p-12,
               0x1.074d8b55c1658p-12, -0x1.720bc458b95eep-15, -0x1.f3915664857f6p-15,
               -0x1.262906608b34ap-18, 0x1.94d1635454146p-17, 0x1.3bf1a3d4f005dp-18,
               -0x1.577e6b2f72302p-20, -0x1.b7148e3e7c674p-20, -0x1.706fcb89ef0c0p-22,
               0x1.3716100b5ee56p-22, 0x1.09e1e96d4d9f0p-22, 0x1.025a8e27a512ep-26,
               -0x1.62dbc64a04817p-24, -0x1.37bfa4d2c9601p-26, 0x1.25ee9e2eb63ecp-26);
    const Pair p = last_term(q, terms, 0x1.157bc2ccecd49p-2, -0x1.1969723d82238p-58);
    const double one_p = 1.0 + p.hi;
    const double d = ::fma(2.0, a, 1.0);
    y = divide({one_p, ((1.0 - one_p) + p.hi) + p.lo}, {d, ::fma(2.0, a, -d) + 1.0});
  }
};

/// erfc(a), a >= erf_split, as (hi + lo) 2^k.
struct ErfcFar {
  Pair m;
  Bits power;

  KOKKOS_FORCEINLINE_FUNCTION explicit ErfcFar(double a) {
    a = select(a > 28.0, 28.0, a);
    const double square = a * a;
    const Exponential e(-square);
    power = e.power;
    Pair g = e.significand();
    g.lo = ::fma(-::fma(a, a, -square), g.hi, g.lo);
    const Pair y = ErfcScaled(a).y;
    m.hi = g.hi * y.hi;
    m.lo = ::fma(g.lo, y.hi, ::fma(g.hi, y.lo, ::fma(g.hi, y.hi, -m.hi)));
  }
};

}  // namespace bailiwick::exact::detail

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/math/exact_math_detail.hpp"

/// Sine and cosine of an angle in turns, e.g. of the part of a day or a year that has gone by: the
/// same bits on every processor, as exact_math.hpp says. Error below 0.6 ulp where |turns| < 2^50.
namespace bailiwick::exact {
namespace detail {

/// An angle in quarters of a turn: the nearest whole one, and in radians what is left, as the sum
/// of two numbers, at most pi / 4.
struct Quarters {
  Bits whole = 0;
  double hi = 0, lo = 0;

  KOKKOS_FORCEINLINE_FUNCTION explicit Quarters(double turns) {
    const double of_turn = turns - ::floor(turns);
    const double nearest = ::floor(4.0 * of_turn + 0.5), left = 4.0 * of_turn - nearest;
    constexpr double half_pi = 0x1.921fb54442d18p+0, half_pi_lo = 0x1.1a62633145c07p-54;
    whole = static_cast<Bits>(nearest) & 3;
    hi = left * half_pi;
    lo = ::fma(left, half_pi_lo, ::fma(left, half_pi, -hi));
  }

  // Taylor's series: the first term left out is below 2^-62.
  KOKKOS_FORCEINLINE_FUNCTION double sine() const {
    const double z = hi * hi;
    const double series = horner(z, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800,
                                 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000);
    return hi + ::fma(z * hi, series, lo * (1.0 - 0.5 * z));
  }
  KOKKOS_FORCEINLINE_FUNCTION double cosine() const {
    const double z = hi * hi, half = 0.5 * z, most = 1.0 - half;
    const double series =
        horner(z, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600,
               -1.0 / 87178291200, 1.0 / 20922789888000, -1.0 / 6402373705728000);
    return most + (((1.0 - most) - half) + ::fma(z * z, series, -hi * lo));
  }
};

}  // namespace detail

/// sin(2 pi turns); NaN if that is not finite.
KOKKOS_FORCEINLINE_FUNCTION double sine_of_turns(double turns) {
  if (!(detail::magnitude(turns) < detail::infinity())) return detail::from_bits(detail::nan_bits);
  const detail::Quarters at(turns);
  const double y = at.whole % 2 == 0 ? at.sine() : at.cosine();
  return at.whole < 2 ? y : -y;
}

/// cos(2 pi turns); NaN if that is not finite.
KOKKOS_FORCEINLINE_FUNCTION double cosine_of_turns(double turns) {
  if (!(detail::magnitude(turns) < detail::infinity())) return detail::from_bits(detail::nan_bits);
  const detail::Quarters at(turns);
  const double y = at.whole % 2 == 0 ? at.cosine() : at.sine();
  return at.whole == 1 || at.whole == 2 ? -y : y;
}

}  // namespace bailiwick::exact

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <Kokkos_Macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kokkos_kernels/sums/fixed_point.hpp"

namespace bailiwick::kernels {

KOKKOS_INLINE_FUNCTION std::int64_t bits_of(double value) {
  std::int64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// 2^power for -1022 <= power <= 1023.
KOKKOS_INLINE_FUNCTION double power_of_two(int power) {
  const std::int64_t bits = (std::int64_t{1023} + power) << 52;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Rounds values[i] * 2^exponent to the nearest integer, ties to even, and adds its base-2^40
/// digits to words[limb * stride + i]. Digits are signed, at most 2^39 in magnitude; only the
/// lowest rounds. Returns how many values were not finite or beyond the format; these add nothing.
///
/// Adding 1.5 * 2^52 leaves the rounded integer in the low bits of the sum: one addition in the
/// processor's rounding mode and no conversion instruction, whose out-of-range result differs
/// between CPUs and GPUs. All scalings are by powers of two and all remainders exact, so
/// contraction to fma cannot change a bit.
template <int Limbs>
KOKKOS_INLINE_FUNCTION std::int64_t add_quantised(const double* values, std::size_t size,
                                                  int exponent, std::int64_t* words,
                                                  std::size_t stride) {
  constexpr std::size_t chunk = 64;
  constexpr double rounder = 0x1.8p52;
  constexpr double range = 0x1p39;
  const double scale = power_of_two(exponent);
  const double top = power_of_two(-limb_bits * (Limbs - 1));
  double rest[chunk];
  std::int64_t saturated = 0;
  for (std::size_t begin = 0; begin < size; begin += chunk) {
    const std::size_t n = size - begin < chunk ? size - begin : chunk;
    const double* const from = values + begin;
    for (std::size_t i = 0; i < n; ++i) {
      const double scaled = from[i] * scale;
      const double leading = scaled * top;
      const bool fits = leading >= -range && leading <= range;  // false for NaN
      rest[i] = fits ? scaled : 0.0;
      saturated += fits ? 0 : 1;
    }
    for (int limb = Limbs - 1; limb >= 0; --limb) {
      const double down = power_of_two(-limb_bits * limb);
      const double up = power_of_two(limb_bits * limb);
      std::int64_t* const to = words + static_cast<std::size_t>(limb) * stride + begin;
      for (std::size_t i = 0; i < n; ++i) {
        const double shifted = rest[i] * down + rounder;
        rest[i] -= (shifted - rounder) * up;
        to[i] += bits_of(shifted) - bits_of(rounder);
      }
    }
  }
  return saturated;
}

/// The same for a format of any number of limbs: a double's 53 digits lie in three of them at most.
KOKKOS_INLINE_FUNCTION std::int64_t add_sparse(const double* values, std::size_t size,
                                               FixedPoint format, std::int64_t* words,
                                               std::size_t stride) {
  constexpr double rounder = 0x1.8p52;
  std::int64_t saturated = 0;
  for (std::size_t i = 0; i < size; ++i) {
    double rest = values[i];
    const int leading = static_cast<int>(bits_of(rest) >> 52 & 0x7ff) - 1023 + format.exponent;
    if (leading < -1) continue;  // less than half the resolution
    const int top = (leading + 1) / limb_bits;
    if (top >= format.limbs) {  // also what is not finite
      ++saturated;
      continue;
    }
    for (int limb = top; limb >= 0 && limb > top - 3; --limb) {
      const int unit = limb_bits * limb - format.exponent;
      const double shifted = rest * power_of_two(-unit) + rounder;
      rest -= (shifted - rounder) * power_of_two(unit);
      words[static_cast<std::size_t>(limb) * stride + i] += bits_of(shifted) - bits_of(rounder);
    }
  }
  return saturated;
}

/// The same for a format known at run time.
KOKKOS_INLINE_FUNCTION std::int64_t add_quantised(const double* values, std::size_t size,
                                                  FixedPoint format, std::int64_t* words,
                                                  std::size_t stride) {
  switch (format.limbs) {
    case 1:
      return add_quantised<1>(values, size, format.exponent, words, stride);
    case 2:
      return add_quantised<2>(values, size, format.exponent, words, stride);
    case 3:
      return add_quantised<3>(values, size, format.exponent, words, stride);
    default:
      return add_sparse(values, size, format, words, stride);
  }
}

}  // namespace bailiwick::kernels

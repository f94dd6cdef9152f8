// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace bailiwick {

/// Fixed-point format of a sum: value = 2^-exponent * sum_k limb_k * 2^(40 k), limbs signed 64-bit.
///
/// A contribution splits into limbs of at most 2^39 in magnitude, so fewer than 2^24 of them can be
/// added before a carry is needed: integer addition, in any order, of words that MPI and masks
/// treat as plain uint64. After Hallberg & Adcroft, Parallel Computing 40 (2014) 140, who use
/// 46-bit limbs.
struct FixedPoint {
  int limbs = 1;     ///< 1 to 26
  int exponent = 0;  ///< binary digits after the point

  bool operator==(const FixedPoint&) const = default;
};

inline constexpr int limb_bits = 40;

/// Whole numbers, one word each.
inline constexpr FixedPoint counts{1, 0};
/// Scores, information, log-likelihoods: resolution 2^-60, one contribution up to 2^59.
inline constexpr FixedPoint wide{3, 60};
/// What has any size in any unit, before it is known: resolution 2^-560 (1e-168), one contribution
/// up to 2^479 (1e144). A number of 1e45, squared and weighted with 1e45, still fits.
inline constexpr FixedPoint any_size{26, 560};

/// The same digits for numbers 2^power times as large.
constexpr FixedPoint shifted(FixedPoint format, int power) {
  return {format.limbs, format.exponent - power};
}

}  // namespace bailiwick

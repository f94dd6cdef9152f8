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
  int limbs = 1;     ///< 1 to 4
  int exponent = 0;  ///< binary digits after the point

  bool operator==(const FixedPoint&) const = default;
};

inline constexpr int limb_bits = 40;

/// Whole numbers, one word each.
inline constexpr FixedPoint counts{1, 0};
/// Scores, information, log-likelihoods: resolution 2^-60, one contribution up to 2^59.
inline constexpr FixedPoint wide{3, 60};
/// Raw moments of columns of unknown scale: resolution 2^-80, one contribution up to 2^79.
inline constexpr FixedPoint raw_moments{4, 80};

}  // namespace bailiwick

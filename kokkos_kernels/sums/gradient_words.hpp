// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kokkos_kernels/kokkos_compat.hpp"
#include "kokkos_kernels/sums/quantise.hpp"

namespace bailiwick::kernels {

/// Fixed point of gradients: one word an element, resolution 2^-exponent. A block's contribution is
/// at most 2^contribution_bits; so many blocks can be added before a word could wrap.
struct GradientFormat {
  int exponent = 34;
  int contribution_bits = 50;
};

/// Where the integers of a gradient go; what is there is replaced.
struct GradientWords {
  std::int64_t* words;      ///< of the first parameter
  std::int64_t* saturated;  ///< counts elements that are not finite or too large
  GradientFormat format;
};

/// Sums of floats, each rounded as add_quantised<1> rounds doubles, in words of its own until
/// finish(). Adding 1.5 * 2^52 leaves the rounded integer in the low bits of the sum; what lies
/// above is taken off once, for all that were added.
class FloatRounder {
 public:
  explicit FloatRounder(const GradientFormat& format)
      : scale_(power_of_two(format.exponent)),
        limit_(magnitude_bits(
            static_cast<float>(power_of_two(format.contribution_bits - format.exponent)))) {}

  /// Contributions are at most this.
  float limit() const {
    float value;
    std::memcpy(&value, &limit_, sizeof value);
    return value;
  }

  /// Adds values to words, or replaces these if `first`; returns how many did not fit, which count
  /// as zero.
  KOKKOS_FUNCTION std::int64_t add(const float* values, std::size_t size, bool first,
                                   std::int64_t* words) const {
    std::uint32_t largest = 0;  // as bits magnitudes are ordered, infinity and NaN above all
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint32_t bits = magnitude_bits(values[i]);
      largest = bits > largest ? bits : largest;
    }
    if (largest > limit_) return add_one_by_one(values, size, first, words);
    if (first) {
      BAILIWICK_INDEPENDENT
      for (std::size_t i = 0; i < size; ++i)
        words[i] = bits_of(::fma(double{values[i]}, scale_, rounder));
    } else {
      BAILIWICK_INDEPENDENT
      for (std::size_t i = 0; i < size; ++i)
        words[i] = wrapping_sum(words[i], bits_of(::fma(double{values[i]}, scale_, rounder)));
    }
    return 0;
  }

  /// words[i] of a sum of so many `additions` as the sum itself.
  KOKKOS_FUNCTION static std::int64_t finish(std::int64_t word, std::size_t additions) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(word) -
                                     additions * static_cast<std::uint64_t>(bits_of(rounder)));
  }

 private:
  static constexpr double rounder = 0x1.8p52;

  KOKKOS_FUNCTION static std::uint32_t magnitude_bits(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffff;
  }
  KOKKOS_FUNCTION static std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
  KOKKOS_FUNCTION std::int64_t add_one_by_one(const float* values, std::size_t size, bool first,
                                              std::int64_t* words) const {
    std::int64_t misfits = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const bool fits = magnitude_bits(values[i]) <= limit_;
      misfits += fits ? 0 : 1;
      const double shifted = ::fma(fits ? double{values[i]} : 0.0, scale_, rounder);
      words[i] = wrapping_sum(first ? 0 : words[i], bits_of(shifted));
    }
    return misfits;
  }

  double scale_;
  std::uint32_t limit_;
};

}  // namespace bailiwick::kernels

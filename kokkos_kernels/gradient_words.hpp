// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/quantise.hpp"

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

/// Rounds floats as add_quantised<1> does doubles. Both members return how many did not fit; these
/// count as zero.
struct FloatRounder {
  double scale, limit;

  explicit FloatRounder(const GradientFormat& format)
      : scale(power_of_two(format.exponent)),
        limit(power_of_two(format.contribution_bits - format.exponent)) {}

  KOKKOS_FUNCTION std::int64_t put(const float* values, std::size_t size, std::int64_t* to) const {
    return apply<true>(values, size, to);
  }
  KOKKOS_FUNCTION std::int64_t add(const float* values, std::size_t size, std::int64_t* to) const {
    return apply<false>(values, size, to);
  }

 private:
  template <bool Put>
  KOKKOS_FUNCTION std::int64_t apply(const float* values, std::size_t size,
                                     std::int64_t* to) const {
    constexpr double rounder = 0x1.8p52;
    std::int64_t misfits = 0;
#pragma GCC ivdep
    for (std::size_t i = 0; i < size; ++i) {
      const double value = values[i];
      const std::int64_t fits = ::fabs(value) <= limit ? -1 : 0;  // 0 for NaN
      const std::int64_t word = (bits_of(value * scale + rounder) - bits_of(rounder)) & fits;
      to[i] = Put ? word : to[i] + word;
      misfits += fits + 1;
    }
    return misfits;
  }
};

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "kokkos_kernels/kokkos_compat.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#endif

// Sums of a tile are registers only if the loops over them are unrolled.
#if defined(__clang__) || defined(__CUDA_ARCH__)
#define BAILIWICK_UNROLL _Pragma("unroll")
#elif defined(__GNUC__) && !defined(__CUDACC__)
#define BAILIWICK_UNROLL _Pragma("GCC unroll 16")
#else
#define BAILIWICK_UNROLL
#endif

namespace bailiwick::kernels {

/// `width` neighbouring lanes of the eight that a block's sum is made of. Lanes never meet before
/// lane_sum(), so every width gives the same bits; a GPU thread takes one lane.
template <int W>
struct Lanes {
  static constexpr int width = W;
  double value[W];

  KOKKOS_INLINE_FUNCTION static Lanes same(double value) {
    Lanes result;
    for (int i = 0; i < W; ++i)
      result.value[i] = value;
    return result;
  }
  KOKKOS_INLINE_FUNCTION static Lanes load(const double* from) {
    Lanes result;
    for (int i = 0; i < W; ++i)
      result.value[i] = from[i];
    return result;
  }
  KOKKOS_INLINE_FUNCTION void store(double* to) const {
    for (int i = 0; i < W; ++i)
      to[i] = value[i];
  }
  /// a * b + c, rounded once.
  KOKKOS_INLINE_FUNCTION friend Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    Lanes result;
    for (int i = 0; i < W; ++i)
      result.value[i] = ::fma(a.value[i], b.value[i], c.value[i]);
    return result;
  }
};

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct Lanes<4> {
  static constexpr int width = 4;
  __m256d value;

  static Lanes same(double value) { return {_mm256_set1_pd(value)}; }
  static Lanes load(const double* from) { return {_mm256_loadu_pd(from)}; }
  void store(double* to) const { _mm256_storeu_pd(to, value); }
  friend Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {_mm256_fmadd_pd(a.value, b.value, c.value)};
  }
};
#endif

#if defined(__AVX2__) && defined(__FMA__) && !defined(__AVX512F__)
template <>
struct Lanes<8> {
  static constexpr int width = 8;
  Lanes<4> low, high;

  static Lanes same(double value) { return {Lanes<4>::same(value), Lanes<4>::same(value)}; }
  static Lanes load(const double* from) { return {Lanes<4>::load(from), Lanes<4>::load(from + 4)}; }
  void store(double* to) const {
    low.store(to);
    high.store(to + 4);
  }
  friend Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {fused(a.low, b.low, c.low), fused(a.high, b.high, c.high)};
  }
};
#endif

#if defined(__AVX512F__)
template <>
struct Lanes<8> {
  static constexpr int width = 8;
  __m512d value;

  static Lanes same(double value) { return {_mm512_set1_pd(value)}; }
  static Lanes load(const double* from) { return {_mm512_loadu_pd(from)}; }
  void store(double* to) const { _mm512_storeu_pd(to, value); }
  friend Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {_mm512_fmadd_pd(a.value, b.value, c.value)};
  }
};
#endif

/// What this build's registers hold best, and the tile of column pairs that fills them.
struct Native {
#if defined(__AVX512F__)
  static constexpr int width = 8, rows = 4, columns = 6;
#elif defined(__AVX2__) && defined(__FMA__)
  static constexpr int width = 4, rows = 4, columns = 3;
#else
  static constexpr int width = 2, rows = 4, columns = 3;
#endif
};

/// One lane at a time: GPU threads, and the tests' witness that lanes do not change bits.
struct Portable {
  static constexpr int width = 1, rows = 4, columns = 6;
};

using Preferred = std::conditional_t<on_host, Native, Portable>;

/// One row of numbers against many columns, which are read once: all lanes together on a processor.
template <class Tile>
struct Strip {
  static constexpr int width = Tile::width == 1 ? 1 : 8, rows = 1, columns = 5;
};

/// The sum of eight lanes, `step` apart, by halves, as registers are folded.
KOKKOS_INLINE_FUNCTION double lane_sum(const double* lane, std::size_t step = 1) {
  const auto both = [=](std::size_t l) { return lane[l * step] + lane[(l + 4) * step]; };
  return (both(0) + both(2)) + (both(1) + both(3));
}

}  // namespace bailiwick::kernels

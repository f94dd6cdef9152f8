// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <immintrin.h>

#include "kokkos_kernels/gemm/tile.hpp"

namespace bailiwick::kernels {
namespace {

struct Floats {
  static constexpr int width = 8;
  __m256 value;

  static Floats zero() { return {_mm256_setzero_ps()}; }
  static Floats load(const float* from) { return {_mm256_loadu_ps(from)}; }
  static Floats broadcast(float value) { return {_mm256_set1_ps(value)}; }
  static Floats fused(Floats a, Floats b, Floats c) {
    return {_mm256_fmadd_ps(a.value, b.value, c.value)};
  }
  void store(float* to) const { _mm256_storeu_ps(to, value); }

  using Check = __m256;
  static Check passed() { return _mm256_castsi256_ps(_mm256_set1_epi32(-1)); }
  static bool holds(Check check) { return _mm256_movemask_ps(check) == 0xff; }
  static Check within(Floats limit, Floats x, Check check) {
    const __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x.value);
    return _mm256_and_ps(check, _mm256_cmp_ps(size, limit.value, _CMP_LE_OQ));
  }
  void add_rounded(double scale, const std::int64_t* from, std::int64_t* to) const {
    add_rounded(_mm256_castps256_ps128(value), scale, from, to);
    add_rounded(_mm256_extractf128_ps(value, 1), scale, from + 4, to + 4);
  }
  static void add_rounded(__m128 half, double scale, const std::int64_t* from, std::int64_t* to) {
    const __m256d shifted = _mm256_fmadd_pd(_mm256_cvtps_pd(half), _mm256_set1_pd(scale),
                                            _mm256_set1_pd(RoundedBlocks::rounder));
    const __m256i before = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_add_epi64(before, _mm256_castpd_si256(shifted)));
  }
};

}  // namespace
}  // namespace bailiwick::kernels

#include "kokkos_kernels/gemm/tile_kernel.hpp"

namespace bailiwick::kernels {
extern const TileSet tiles_avx2;
constinit const TileSet tiles_avx2 = make_tile_set<6>("avx2");
}  // namespace bailiwick::kernels

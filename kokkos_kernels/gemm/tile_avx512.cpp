// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <immintrin.h>

#include "kokkos_kernels/gemm/tile.hpp"

namespace bailiwick::kernels {
namespace {

struct Floats {
  static constexpr int width = 16;
  __m512 value;

  static Floats zero() { return {_mm512_setzero_ps()}; }
  static Floats load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Floats broadcast(float value) { return {_mm512_set1_ps(value)}; }
  static Floats fused(Floats a, Floats b, Floats c) {
    return {_mm512_fmadd_ps(a.value, b.value, c.value)};
  }
  void store(float* to) const { _mm512_storeu_ps(to, value); }

  using Check = __mmask16;
  static Check passed() { return 0xffff; }
  static bool holds(Check check) { return check == 0xffff; }
  static Check within(Floats limit, Floats x, Check check) {
    return _mm512_mask_cmp_ps_mask(check, _mm512_abs_ps(x.value), limit.value, _CMP_LE_OQ);
  }
  void add_rounded(double scale, const std::int64_t* from, std::int64_t* to) const {
    add_rounded(_mm512_castps512_ps256(value), scale, from, to);
    add_rounded(_mm512_extractf32x8_ps(value, 1), scale, from + 8, to + 8);
  }
  static void add_rounded(__m256 half, double scale, const std::int64_t* from, std::int64_t* to) {
    const __m512d shifted = _mm512_fmadd_pd(_mm512_cvtps_pd(half), _mm512_set1_pd(scale),
                                            _mm512_set1_pd(RoundedBlocks::rounder));
    _mm512_storeu_si512(to,
                        _mm512_add_epi64(_mm512_loadu_si512(from), _mm512_castpd_si512(shifted)));
  }
};

}  // namespace
}  // namespace bailiwick::kernels

#include "kokkos_kernels/gemm/tile_kernel.hpp"

namespace bailiwick::kernels {
extern const TileSet tiles_avx512;
constinit const TileSet tiles_avx512 = make_tile_set<14>("avx512");
}  // namespace bailiwick::kernels

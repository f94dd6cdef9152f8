// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <immintrin.h>

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
};

}  // namespace
}  // namespace bailiwick::kernels

#include "kokkos_kernels/gemm_tile_kernel.hpp"

namespace bailiwick::kernels {
extern const TileSet tiles_avx512;
constinit const TileSet tiles_avx512 = make_tile_set<14>("avx512");
}  // namespace bailiwick::kernels

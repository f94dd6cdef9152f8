// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <immintrin.h>

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
};

}  // namespace
}  // namespace bailiwick::kernels

#include "kokkos_kernels/gemm_tile_kernel.hpp"

namespace bailiwick::kernels {
extern const TileSet tiles_avx2;
constinit const TileSet tiles_avx2 = make_tile_set<6>("avx2");
}  // namespace bailiwick::kernels

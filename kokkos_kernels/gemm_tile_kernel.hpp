// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// The tile kernel for one instruction set, included once by each gemm_tile_*.cpp after it has
// defined `Floats`. Everything here is of internal linkage and nothing else is included: a function
// shared with files compiled for other processors could be the one that the linker keeps.

#include <utility>

#include "kokkos_kernels/gemm_tile.hpp"

namespace bailiwick::kernels {
namespace {

#if defined(__clang__)
#define BAILIWICK_TILE_UNROLL _Pragma("unroll")
#else
#define BAILIWICK_TILE_UNROLL _Pragma("GCC unroll 16")
#endif

/// R rows times W registers of columns.
template <int R, int W>
void tile(std::size_t depth, const float* a, std::size_t row_step, std::size_t step, const float* b,
          float* c) {
  constexpr int width = Floats::width;
  Floats sum[R][W];
  BAILIWICK_TILE_UNROLL
  for (int i = 0; i < R; ++i) {
    BAILIWICK_TILE_UNROLL
    for (int j = 0; j < W; ++j)
      sum[i][j] = Floats::zero();
  }
  for (std::size_t k = 0; k < depth; ++k, a += step, b += W * width) {
    Floats right[W];
    BAILIWICK_TILE_UNROLL
    for (int j = 0; j < W; ++j)
      right[j] = Floats::load(b + j * width);
    BAILIWICK_TILE_UNROLL
    for (int i = 0; i < R; ++i) {
      const Floats left = Floats::broadcast(a[i * row_step]);
      BAILIWICK_TILE_UNROLL
      for (int j = 0; j < W; ++j)
        sum[i][j] = Floats::fused(left, right[j], sum[i][j]);
    }
  }
  BAILIWICK_TILE_UNROLL
  for (int i = 0; i < R; ++i) {
    BAILIWICK_TILE_UNROLL
    for (int j = 0; j < W; ++j)
      sum[i][j].store(c + (i * W + j) * width);
  }
}

template <int Rows>
constexpr TileSet make_tile_set(const char* name) {
  static_assert(Rows <= static_cast<int>(TileSet::most_rows));
  TileSet set{name, Rows, 2 * Floats::width, {}};
  [&]<int... r>(std::integer_sequence<int, r...>) {
    ((set.kernels[r][0] = tile<r + 1, 1>, set.kernels[r][1] = tile<r + 1, 2>), ...);
  }
  (std::make_integer_sequence<int, Rows>());
  return set;
}

}  // namespace
}  // namespace bailiwick::kernels

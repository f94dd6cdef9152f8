// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// The tile kernel for one instruction set, included once by each gemm_tile_*.cpp after it has
// defined `Floats`. Everything here is of internal linkage and nothing else is included: a function
// shared with files compiled for other processors could be the one that the linker keeps.

#include <utility>

#include "kokkos_kernels/gemm/tile.hpp"

namespace bailiwick::kernels {
namespace {

#if defined(__clang__)
#define BAILIWICK_TILE_UNROLL _Pragma("unroll")
#elif defined(__CUDACC__)
#define BAILIWICK_TILE_UNROLL
#else
#define BAILIWICK_TILE_UNROLL _Pragma("GCC unroll 16")
#endif

/// Sums of R rows times W registers of columns.
template <int R, int W>
[[gnu::always_inline]] inline void sum_terms(std::size_t depth, const TileTerms& terms,
                                             Floats (&sum)[R][W]) {
  const auto [first_a, row_step, a_step, first_b, b_step] = terms;
  const float *a = first_a, *b = first_b;
  BAILIWICK_TILE_UNROLL
  for (int i = 0; i < R; ++i) {
    BAILIWICK_TILE_UNROLL
    for (int j = 0; j < W; ++j)
      sum[i][j] = Floats::zero();
  }
  for (std::size_t k = 0; k < depth; ++k, a += a_step, b += b_step) {
    Floats right[W];
    BAILIWICK_TILE_UNROLL
    for (int j = 0; j < W; ++j)
      right[j] = Floats::load(b + j * Floats::width);
    BAILIWICK_TILE_UNROLL
    for (int i = 0; i < R; ++i) {
      const Floats left = Floats::broadcast(a[i * row_step]);
      BAILIWICK_TILE_UNROLL
      for (int j = 0; j < W; ++j)
        sum[i][j] = Floats::fused(left, right[j], sum[i][j]);
    }
  }
}

template <int R, int W>
void tile(std::size_t depth, const TileTerms& terms, float* c, std::size_t c_step) {
  Floats sum[R][W];
  sum_terms<R, W>(depth, terms, sum);
  BAILIWICK_TILE_UNROLL
  for (int i = 0; i < R; ++i) {
    BAILIWICK_TILE_UNROLL
    for (int j = 0; j < W; ++j)
      sum[i][j].store(c + i * c_step + j * Floats::width);
  }
}

std::int64_t bits_of(double value) {
  std::int64_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Where some of a row's sums do not fit.
std::int64_t round_one_by_one(const float* sums, const RoundedBlocks& blocks, std::size_t columns,
                              const std::int64_t* from, std::int64_t* to) {
  std::int64_t misfits = 0;
  for (std::size_t j = 0; j < columns; ++j) {
    const bool fits = __builtin_fabsf(sums[j]) <= blocks.limit;
    misfits += fits ? 0 : 1;
    const double value = fits ? sums[j] : 0.0;
    to[j] =
        wrapping_sum(from[j], bits_of(__builtin_fma(value, blocks.scale, RoundedBlocks::rounder)));
  }
  return misfits;
}

template <int R, int W>
std::int64_t rounded_tile(const RoundedBlocks& blocks, const TileTerms& terms, std::size_t columns,
                          std::int64_t* words, std::size_t words_step) {
  constexpr int width = Floats::width, all = W * width;
  // Sums of blocks before the last. They start with what rounding leaves above the integers.
  alignas(64) std::int64_t sums[R][all];
  const auto start = static_cast<std::int64_t>(-blocks.blocks *
                                               static_cast<std::uint64_t>(bits_of(blocks.rounder)));
  for (auto& row : sums)
    for (std::int64_t& word : row)
      word = start;
  const Floats limit = Floats::broadcast(blocks.limit);
  std::int64_t misfits = 0;
  TileTerms left = terms;  // of the blocks to come
  for (std::size_t block = 0; block < blocks.blocks; ++block) {
    const std::size_t depth = blocks.first[block + 1] - blocks.first[block];
    Floats sum[R][W];
    sum_terms<R, W>(depth, left, sum);
    left.a += depth * left.a_step;
    left.b += depth * left.b_step;
    Floats::Check check = Floats::passed();
    BAILIWICK_TILE_UNROLL
    for (int i = 0; i < R; ++i) {
      BAILIWICK_TILE_UNROLL
      for (int j = 0; j < W; ++j)
        check = Floats::within(limit, sum[i][j], check);
    }
    const bool last = block + 1 == blocks.blocks;
    std::int64_t* const to = last ? words : sums[0];
    const std::size_t to_step = last ? words_step : all;
    if (Floats::holds(check)) {
      BAILIWICK_TILE_UNROLL
      for (int i = 0; i < R; ++i) {
        BAILIWICK_TILE_UNROLL
        for (int j = 0; j < W; ++j)
          sum[i][j].add_rounded(blocks.scale, sums[i] + j * width, to + i * to_step + j * width);
      }
    } else {
      // What lies beyond the last column must not count.
      float values[R][all];
      for (int i = 0; i < R; ++i) {
        for (int j = 0; j < W; ++j)
          sum[i][j].store(values[i] + j * width);
        misfits += round_one_by_one(values[i], blocks, columns, sums[i], to + i * to_step);
      }
    }
  }
  return misfits;
}

template <int Rows>
constexpr TileSet make_tile_set(const char* name) {
  static_assert(Rows <= static_cast<int>(TileSet::most_rows));
  TileSet set{name, Rows, 2 * Floats::width, {}, {}};
  [&]<int... r>(std::integer_sequence<int, r...>) {
    ((set.kernels[r][0] = tile<r + 1, 1>, set.kernels[r][1] = tile<r + 1, 2>), ...);
    ((set.rounded_kernels[r][0] = rounded_tile<r + 1, 1>,
      set.rounded_kernels[r][1] = rounded_tile<r + 1, 2>),
     ...);
  }
  (std::make_integer_sequence<int, Rows>());
  return set;
}

}  // namespace
}  // namespace bailiwick::kernels

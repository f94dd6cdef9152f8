// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

namespace bailiwick::kernels {

/// What a tile multiplies: term k of element (i, j) is a[i * row_step + k * a_step] b[k * b_step +
/// j].
struct TileTerms {
  const float* a;
  std::size_t row_step, a_step;
  const float* b;
  std::size_t b_step;
};

/// c[i * c_step + j] = sum over k ascending, from +0, of the terms, one fma each.
using TileKernel = void (*)(std::size_t depth, const TileTerms& terms, float* c,
                            std::size_t c_step);

/// Terms in blocks, whose sums are each rounded to a multiple of 1/scale, a power of two; sums
/// beyond `limit` and those that are not finite count as zero.
struct RoundedBlocks {
  const std::size_t* first;  ///< block b is terms first[b] - first[0] to first[b + 1] - first[0]
  std::size_t blocks;
  double scale;
  float limit;

  /// Added to a number below 2^51, it leaves the rounded integer in the low bits of the sum.
  static constexpr double rounder = 0x1.8p52;
};

/// words(i, j) = the sum over blocks of the rounded sums over a block's terms, as TileKernel forms
/// them; rows of words are `words_step` apart. Returns how many sums of the first `columns` columns
/// counted as zero.
using RoundedTileKernel = std::int64_t (*)(const RoundedBlocks& blocks, const TileTerms& terms,
                                           std::size_t columns, std::int64_t* words,
                                           std::size_t words_step);

/// What one instruction set does best. Tiles of `rows` x `columns` floats fill its registers;
/// kernel(r, w) computes a tile of 1 <= r <= rows rows and w = 1 or 2 halves of the columns. All
/// sets give the same bits: an element of a product never meets another.
struct TileSet {
  static constexpr std::size_t most_rows = 14, most_columns = 32;
  const char* name;
  std::size_t rows, columns;
  TileKernel kernels[most_rows][2];
  RoundedTileKernel rounded_kernels[most_rows][2];

  TileKernel kernel(std::size_t r, std::size_t halves) const { return kernels[r - 1][halves - 1]; }
  RoundedTileKernel rounded_kernel(std::size_t r, std::size_t halves) const {
    return rounded_kernels[r - 1][halves - 1];
  }
};

/// The best set of this processor, asked once; or the one that the environment variable
/// BAILIWICK_TILES names, to see that bits stay the same and what each is worth.
const TileSet& tile_set();
/// All sets that this processor can run, the portable one first: for tests and benchmarks.
struct TileSets {
  const TileSet* sets[3];
  std::size_t count;
};
TileSets all_tile_sets();

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace bailiwick::kernels {

/// c(i, j) = sum over k ascending, from +0, of a[i * row_step + k * step] b[k * columns + j], one
/// fma each; c has `columns` a row.
using TileKernel = void (*)(std::size_t depth, const float* a, std::size_t row_step,
                            std::size_t step, const float* b, float* c);

/// What one instruction set does best. Tiles of `rows` x `columns` floats fill its registers;
/// kernel(r, w) computes a tile of 1 <= r <= rows rows and w = 1 or 2 halves of the columns. All
/// sets give the same bits: an element of a product never meets another.
struct TileSet {
  static constexpr std::size_t most_rows = 14, most_columns = 32;
  const char* name;
  std::size_t rows, columns;
  TileKernel kernels[most_rows][2];

  TileKernel kernel(std::size_t r, std::size_t halves) const { return kernels[r - 1][halves - 1]; }
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

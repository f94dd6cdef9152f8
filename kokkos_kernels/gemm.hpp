// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>

#include "kokkos_kernels/gemm_tile.hpp"
#include "kokkos_kernels/kokkos_compat.hpp"

namespace bailiwick::kernels {

/// A matrix of floats where kernels can read it: element (i, j) is data[i * row_step + j *
/// column_step]. One of the steps is 1.
struct Operand {
  const float* data;
  std::size_t row_step, column_step;

  KOKKOS_FUNCTION float operator()(std::size_t i, std::size_t j) const {
    return data[i * row_step + j * column_step];
  }
  Operand transposed() const { return {data, column_step, row_step}; }
};

inline Operand row_major(const float* data, std::size_t columns) {
  return {data, columns, 1};
}

/// Room for packed operands; grows when asked and is then used again.
class GemmScratch {
 public:
  float* a(std::size_t size) { return grown(a_, size); }
  float* b(std::size_t size) { return grown(b_, size); }
  std::size_t bytes() const { return sizeof(float) * (a_.extent(0) + b_.extent(0)); }

 private:
  using Floats = Kokkos::View<float*, Memory>;
  static float* grown(Floats& view, std::size_t size) {
    if (view.extent(0) < size) {
      view = {};  // freed before the larger one is there
      view = uninitialised<Floats>("packed operand", size);
    }
    return view.data();
  }
  Floats a_, b_;
};

/// Shape of a product: C is rows x columns, sums have `depth` terms.
struct GemmShape {
  std::size_t rows, columns, depth;
};

namespace detail {

/// Rows of A in strips as equal as can be, columns of B in panels of the tile's width; the last
/// panel has half of it if that is enough.
struct GemmGrid {
  GemmShape shape;
  const TileSet* tiles;
  std::size_t strips, panels;

  GemmGrid(const GemmShape& of, const TileSet& set)
      : shape(of),
        tiles(&set),
        strips((of.rows + set.rows - 1) / set.rows),
        panels((of.columns + set.columns - 1) / set.columns) {}

  std::size_t first_row(std::size_t strip) const { return shape.rows * strip / strips; }
  std::size_t first_column(std::size_t panel) const { return panel * tiles->columns; }
  std::size_t columns(std::size_t panel) const {
    return std::min(tiles->columns, shape.columns - first_column(panel));
  }
  std::size_t halves(std::size_t panel) const {
    return columns(panel) * 2 <= tiles->columns ? 1 : 2;
  }
  /// Elements computed for one term, those beyond the last column included.
  std::size_t work() const {
    const std::size_t width = tiles->columns / 2;
    return shape.rows * ((shape.columns + width - 1) / width * width);
  }
};

void pack_strips(const GemmGrid& grid, const Operand& a, float* packed);
void pack_panels(const GemmGrid& grid, const Operand& b, float* packed);

/// Calls use(row, column, tile, rows, columns, width) for every tile of the product.
template <class Use>
void multiply(const GemmGrid& grid, const Operand& a, const Operand& b, GemmScratch& scratch,
              const Use& use) {
  const std::size_t depth = grid.shape.depth;
  float* const strips = scratch.a(grid.shape.rows * depth);
  float* const panels = scratch.b(grid.panels * grid.tiles->columns * depth);
  pack_strips(grid, a, strips);
  pack_panels(grid, b, panels);
  // A panel stays in the second-level cache while strips stream by. Where there are more threads
  // than panels, they share one.
  const std::size_t chunks =
      std::min(grid.strips, (4 * concurrency() + grid.panels - 1) / grid.panels);
  Kokkos::parallel_for(
      "gemm", Kokkos::RangePolicy<Execution>(0, grid.panels * chunks), [=](const std::size_t item) {
        alignas(64) float tile[TileSet::most_rows * TileSet::most_columns];
        const std::size_t panel = item / chunks, chunk = item % chunks;
        const std::size_t column = grid.first_column(panel), halves = grid.halves(panel);
        for (std::size_t s = grid.strips * chunk / chunks; s < grid.strips * (chunk + 1) / chunks;
             ++s) {
          const std::size_t row = grid.first_row(s), rows = grid.first_row(s + 1) - row;
          grid.tiles->kernel(rows, halves)(depth, strips + row * depth, panels + column * depth,
                                           tile);
          use(row, column, tile, rows, grid.columns(panel), halves * grid.tiles->columns / 2);
        }
      });
}

}  // namespace detail

/// C = A B for a shape, where every element is the sum over k ascending, from +0, of one fma for
/// each term: the same bits for every tile set, number of threads and backend. C is handed to
///   epilogue(row, column, const float* values, count)
/// `count` neighbours of a row at a time, each once, in no order; it stores or adds them somewhere.
/// Host call; `tiles` is for tests.
template <class Epilogue>
void gemm(const GemmShape& shape, const Operand& a, const Operand& b, const Epilogue& epilogue,
          GemmScratch& scratch, const TileSet& tiles = tile_set()) {
  if (shape.rows == 0 || shape.columns == 0) return;
  static_assert(on_host);
  const detail::GemmGrid upright(shape, tiles);
  const detail::GemmGrid turned({shape.columns, shape.rows, shape.depth}, tiles);
  if (upright.work() <= turned.work()) {
    detail::multiply(upright, a, b, scratch,
                     [=](std::size_t row, std::size_t column, float* tile, std::size_t rows,
                         std::size_t columns, std::size_t width) {
                       for (std::size_t i = 0; i < rows; ++i)
                         epilogue(row + i, column, tile + i * width, columns);
                     });
    return;
  }
  // Few columns: their transpose fills the tiles better.
  detail::multiply(turned, b.transposed(), a.transposed(), scratch,
                   [=](std::size_t row, std::size_t column, float* tile, std::size_t rows,
                       std::size_t columns, std::size_t width) {
                     for (std::size_t j = 0; j < columns; ++j) {
                       float values[TileSet::most_rows];
                       for (std::size_t i = 0; i < rows; ++i)
                         values[i] = tile[i * width + j];
                       epilogue(column + j, row, values, rows);
                     }
                   });
}

/// Epilogue: C is stored, row-major.
struct Store {
  float* c;
  std::size_t columns;

  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* values,
                                  std::size_t count) const {
    for (std::size_t j = 0; j < count; ++j)
      c[row * columns + column + j] = values[j];
  }
};

}  // namespace bailiwick::kernels

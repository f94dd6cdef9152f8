// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kokkos_kernels/gemm/device.hpp"
#include "kokkos_kernels/gemm/shape.hpp"
#include "kokkos_kernels/gemm/tile.hpp"
#include "kokkos_kernels/kokkos_compat.hpp"
#include "kokkos_kernels/sums/gradient_words.hpp"

namespace bailiwick::kernels {

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

namespace detail {

using Host = Kokkos::DefaultHostExecutionSpace;

/// Rows so many floats apart share lines of the first-level cache.
inline constexpr std::size_t conflicting_step = 512;

/// Rows of A in strips as equal as can be, columns of B in panels of the tile's width; the last
/// panel has half of it if that is enough. So have all that are turned for one strip: they are
/// still in the first-level cache when it reads them. Of 8 rows at least, or too few sums would be
/// under way.
struct GemmGrid {
  GemmShape shape;
  const TileSet* tiles;
  std::size_t strips, most_columns, panels;

  GemmGrid(const GemmShape& of, const TileSet& set, const Operand& b)
      : shape(of),
        tiles(&set),
        strips((of.rows + set.rows - 1) / set.rows),
        most_columns(strips == 1 && of.rows >= 8 && b.column_step != 1 ? set.columns / 2
                                                                       : set.columns),
        panels((of.columns + most_columns - 1) / most_columns) {}

  std::size_t first_row(std::size_t strip) const { return shape.rows * strip / strips; }
  std::size_t first_column(std::size_t panel) const { return panel * most_columns; }
  std::size_t columns(std::size_t panel) const {
    return std::min(most_columns, shape.columns - first_column(panel));
  }
  std::size_t halves(std::size_t panel) const {
    return columns(panel) * 2 <= tiles->columns ? 1 : 2;
  }
  /// In multiplications: what tiles compute, those beyond the last column included, and packing of
  /// B, of which an element takes as long as about 4, or 3 if its columns lie together and are
  /// turned.
  std::size_t work(const Operand& b) const {
    const std::size_t width = tiles->columns / 2;
    const std::size_t computed = shape.rows * ((shape.columns + width - 1) / width * width);
    const std::size_t packing = b.column_step != 1 ? 3 : strips > 1 ? 4 : 0;
    return (computed + packing * shape.columns) * shape.depth;
  }
};

/// Strips lie one after another, each with its rows together.
void pack_strips(const GemmGrid& grid, const Operand& a, float* packed);
/// to[i * to_step + j] = from[j * step + i], for so many rows and columns of it.
void turn(const float* from, std::size_t step, std::size_t rows, std::size_t columns, float* to,
          std::size_t to_step);
void pack_panel(const GemmGrid& grid, const Operand& b, std::size_t panel, float* to);
/// Panels that there must be room for: all, or one a thread.
inline std::size_t panels_at_once(const GemmGrid& grid) {
  return std::max(grid.panels < 4 * concurrency() ? grid.panels : 0, concurrency());
}

/// One tile of a product.
struct Tile {
  std::size_t row, column;    ///< of its first element
  std::size_t rows, columns;  ///< within the product
  std::size_t halves;         ///< of a tile's full width, which its rows have in memory
  TileTerms terms;
};

/// Calls use(tile) for every tile of the product, in parallel.
template <class Use>
void for_each_tile(const GemmGrid& grid, const Operand& a, const Operand& b, GemmScratch& scratch,
                   const Use& use) {
  const std::size_t depth = grid.shape.depth;
  // Rows of A are read where they lie, unless they would compete for the same lines of the cache.
  const bool packs =
      a.column_step == 1 && a.row_step % conflicting_step == 0 && grid.shape.rows > 1;
  float* const packed = packs ? scratch.a(grid.shape.rows * depth) : nullptr;
  if (packs) pack_strips(grid, a, packed);
  // A panel is packed right before strips stream by it, and stays in the second-level cache
  // meanwhile. Where there are more threads than panels, they share one.
  const std::size_t chunks =
      concurrency() == 1
          ? 1
          : std::min(grid.strips, (4 * concurrency() + grid.panels - 1) / grid.panels);
  const bool shared = chunks > 1;
  const std::size_t room = grid.most_columns * depth;
  float* const panels = scratch.b(panels_at_once(grid) * room);
  if (shared)
    Kokkos::parallel_for(
        "pack panels", Kokkos::RangePolicy<Host>(0, grid.panels),
        [=](const std::size_t panel) { pack_panel(grid, b, panel, panels + panel * room); });
  const Kokkos::Experimental::UniqueToken<Host> threads;
  Kokkos::parallel_for(
      "gemm", Kokkos::RangePolicy<Host>(0, grid.panels * chunks), [=](const std::size_t item) {
        const std::size_t panel = item / chunks, chunk = item % chunks;
        const std::size_t column = grid.first_column(panel), halves = grid.halves(panel);
        const auto thread = threads.acquire();
        float* const right = panels + (shared ? panel : static_cast<std::size_t>(thread)) * room;
        // A panel that one strip needs is read where it lies, if its rows do.
        const bool lies = grid.strips == 1 && b.column_step == 1 &&
                          grid.columns(panel) == halves * grid.tiles->columns / 2;
        if (!shared && !lies) pack_panel(grid, b, panel, right);
        const float* const from = lies ? b.data + column : right;
        const std::size_t step = lies ? b.row_step : halves * grid.tiles->columns / 2;
        for (std::size_t s = grid.strips * chunk / chunks; s < grid.strips * (chunk + 1) / chunks;
             ++s) {
          const std::size_t row = grid.first_row(s), rows = grid.first_row(s + 1) - row;
          const TileTerms terms{.a = packs ? packed + row * depth : a.data + row * a.row_step,
                                .row_step = packs ? 1 : a.row_step,
                                .a_step = packs ? rows : a.column_step,
                                .b = from,
                                .b_step = step};
          use(Tile{row, column, rows, grid.columns(panel), halves, terms});
        }
        threads.release(thread);
      });
}

/// Calls work(grid, A, B, turned), with the product's transpose, B' A', where that is clearly less
/// work: few columns fill tiles badly.
template <class Work>
void with_best_grid(const GemmShape& shape, const TileSet& tiles, const Operand& a,
                    const Operand& b, const Work& work) {
  const GemmGrid upright(shape, tiles, b);
  const GemmGrid turned({shape.columns, shape.rows, shape.depth}, tiles, a.transposed());
  const std::size_t turning = 8 * shape.rows * shape.columns;
  if (turned.work(a.transposed()) + turning < upright.work(b) / 8 * 7)
    work(turned, b.transposed(), a.transposed(), std::true_type());
  else
    work(upright, a, b, std::false_type());
}

}  // namespace detail

/// Takes the room that a product of this shape needs, so that it is not taken later.
inline void reserve(GemmScratch& scratch, const GemmShape& shape,
                    const TileSet& tiles = tile_set()) {
  if (!on_host) return;  // a GPU packs nothing
  for (const auto& [rows, columns] :
       {std::pair(shape.rows, shape.columns), std::pair(shape.columns, shape.rows)}) {
    const detail::GemmGrid grid({rows, columns, shape.depth}, tiles, row_major(nullptr, columns));
    scratch.b(detail::panels_at_once(grid) * tiles.columns * shape.depth);
    if (shape.depth % detail::conflicting_step == 0) scratch.a(rows * shape.depth);
  }
}

/// C = A B for a shape, where every element is the sum over k ascending, from +0, of one fma for
/// each term: the same bits for every tile set, number of threads and backend. C is handed to
///   epilogue(row, column, const float* values, count)
/// `count` neighbours of a row at a time, each once, in no order; it brings them to
/// epilogue.place(row, column), in a row-major matrix of C's columns, where they may be already.
/// Host call; `tiles` is for tests on a host.
template <class Epilogue>
void gemm(const GemmShape& shape, const Operand& a, const Operand& b, const Epilogue& epilogue,
          GemmScratch& scratch, const TileSet& tiles = tile_set()) {
  if (shape.rows == 0 || shape.columns == 0) return;
  if constexpr (!on_host) return detail::device_gemm(shape, a, b, epilogue);
  detail::with_best_grid(
      shape, tiles, a, b,
      [&](const detail::GemmGrid& grid, const Operand& left, const Operand& right, auto turned) {
        detail::for_each_tile(grid, left, right, scratch, [=](const detail::Tile& tile) {
          alignas(64) float sums[TileSet::most_rows * TileSet::most_columns];
          const std::size_t width = tile.halves * grid.tiles->columns / 2;
          const bool in_place = !turned && tile.columns == width;
          float* const to = in_place ? epilogue.place(tile.row, tile.column) : sums;
          const std::size_t step = in_place ? shape.columns : width;
          grid.tiles->kernel(tile.rows, tile.halves)(grid.shape.depth, tile.terms, to, step);
          if constexpr (!turned) {
            for (std::size_t i = 0; i < tile.rows; ++i)
              epilogue(tile.row + i, tile.column, to + i * step, tile.columns);
          } else {
            // The whole tile, before any of it is used: what has just been stored is slow to load.
            detail::turn(sums, width, tile.columns, tile.rows,
                         epilogue.place(tile.column, tile.row), shape.columns);
            for (std::size_t j = 0; j < tile.columns; ++j)
              epilogue(tile.column + j, tile.row, epilogue.place(tile.column + j, tile.row),
                       tile.rows);
          }
        });
      });
}

/// The same product with its terms in blocks, each summed by itself and rounded once to fixed
/// point: words = the sums over blocks of the rounded sums, row-major. Terms are first[0] to
/// first[blocks] of A and B, of which shape.depth is the number.
inline void gemm_of_blocks(const GemmShape& shape, const Operand& a, const Operand& b,
                           const BlockBounds& blocks, const GradientWords& to, GemmScratch& scratch,
                           const TileSet& tiles = tile_set()) {
  if (shape.rows == 0 || shape.columns == 0) return;
  if constexpr (!on_host) return detail::device_gemm_of_blocks(shape, a, b, blocks, to);
  const RoundedBlocks rounded{blocks.first, blocks.blocks, power_of_two(to.format.exponent),
                              FloatRounder(to.format).limit()};
  const std::size_t origin = blocks.first[0];
  detail::with_best_grid(
      shape, tiles, {a.data + origin * a.column_step, a.row_step, a.column_step},
      {b.data + origin * b.row_step, b.row_step, b.column_step},
      [&](const detail::GemmGrid& grid, const Operand& left, const Operand& right, auto turned) {
        detail::for_each_tile(grid, left, right, scratch, [=](const detail::Tile& tile) {
          alignas(64) std::int64_t buffer[TileSet::most_rows * TileSet::most_columns];
          const std::size_t width = tile.halves * grid.tiles->columns / 2;
          const bool in_place = !turned && tile.columns == width;
          std::int64_t* const place = to.words + tile.row * shape.columns + tile.column;
          std::int64_t* const words = in_place ? place : buffer;
          const std::int64_t misfits = grid.tiles->rounded_kernel(tile.rows, tile.halves)(
              rounded, tile.terms, tile.columns, words, in_place ? shape.columns : width);
          if (misfits != 0) Kokkos::atomic_add(to.saturated, misfits);
          if (in_place) return;
          for (std::size_t i = 0; i < tile.rows; ++i)
            for (std::size_t j = 0; j < tile.columns; ++j)
              if constexpr (turned)
                to.words[(tile.column + j) * shape.columns + tile.row + i] = words[i * width + j];
              else
                place[i * shape.columns + j] = words[i * width + j];
        });
      });
}

/// Epilogue: C is stored, row-major.
struct Store {
  float* c;
  std::size_t columns;

  KOKKOS_FUNCTION float* place(std::size_t row, std::size_t column) const {
    return c + row * columns + column;
  }
  KOKKOS_FUNCTION void operator()(std::size_t row, std::size_t column, const float* values,
                                  std::size_t count) const {
    float* const to = place(row, column);
    if (values == to) return;
    for (std::size_t j = 0; j < count; ++j)
      to[j] = values[j];
  }
};

}  // namespace bailiwick::kernels

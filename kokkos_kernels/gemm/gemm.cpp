// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm/gemm.hpp"

#include <cstring>

namespace bailiwick::kernels::detail {

void pack_strips(const GemmGrid& grid, const Operand& a, float* packed) {
  const std::size_t depth = grid.shape.depth;
  Kokkos::parallel_for(
      "pack strips", Kokkos::RangePolicy<Host>(0, grid.strips), [=](const std::size_t strip) {
        const std::size_t row = grid.first_row(strip), rows = grid.first_row(strip + 1) - row;
        turn(a.data + row * a.row_step, a.row_step, depth, rows, packed + row * depth, rows);
      });
}

namespace {

/// Rows of Width floats, `step` apart, one after another.
template <std::size_t Width>
void pack_rows(const float* from, std::size_t step, std::size_t rows, float* to) {
  constexpr std::size_t ahead = 16;
  for (std::size_t k = 0; k < rows; ++k, from += step, to += Width) {
    for (std::size_t j = 0; j < Width; j += 16)
      __builtin_prefetch(from + ahead * step + j);
    std::memcpy(to, from, Width * sizeof(float));
  }
}

}  // namespace

void turn(const float* from, std::size_t step, std::size_t rows, std::size_t columns, float* to,
          std::size_t to_step) {
  std::size_t whole = 0;
#if !defined(__CUDACC__)  // its compiler does not know the shuffles
  using Half [[gnu::vector_size(16), gnu::aligned(4), gnu::may_alias]] = float;
  using Full [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;
  // 4 x 8 numbers at a time in registers, the last 8 columns whatever of them is done already; few
  // columns for many rows, since lines of all columns would push each other out of the cache before
  // they are done with.
  constexpr std::size_t run = 64;
  if (columns >= 8) whole = rows / 4 * 4;
  for (std::size_t first = 0; first < whole; first += run)
    for (std::size_t column = 0; column < columns; column += 8) {
      const std::size_t j = std::min(column, columns - 8);
      for (std::size_t k = first; k < std::min(first + run, whole); k += 4) {
        Full in[4], pairs[4];
        for (std::size_t r = 0; r < 4; ++r) {
          const float* const at = from + (j + r) * step + k;
          in[r] = __builtin_shufflevector(*reinterpret_cast<const Half*>(at),
                                          *reinterpret_cast<const Half*>(at + 4 * step), 0, 1, 2, 3,
                                          4, 5, 6, 7);
        }
        for (std::size_t r = 0; r < 4; r += 2) {
          pairs[r] = __builtin_shufflevector(in[r], in[r + 1], 0, 8, 1, 9, 4, 12, 5, 13);
          pairs[r + 1] = __builtin_shufflevector(in[r], in[r + 1], 2, 10, 3, 11, 6, 14, 7, 15);
        }
        for (std::size_t r = 0; r < 4; ++r) {
          const Full a = pairs[r / 2], b = pairs[r / 2 + 2];
          *reinterpret_cast<Full*>(to + (k + r) * to_step + j) =
              r % 2 == 0 ? __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
                         : __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
      }
    }
#endif
  for (std::size_t j = 0; j < columns; ++j)
    for (std::size_t k = whole; k < rows; ++k)
      to[k * to_step + j] = from[j * step + k];
}

void pack_panel(const GemmGrid& grid, const Operand& b, std::size_t panel, float* to) {
  const std::size_t depth = grid.shape.depth, columns = grid.columns(panel);
  const std::size_t width = grid.halves(panel) * grid.tiles->columns / 2;
  const float* const from = b.data + grid.first_column(panel) * b.column_step;
  // Rows whose whole width can be read. What follows a row of fewer columns is read with it, since
  // nobody looks at sums beyond the last column.
  std::size_t whole = 0;
  if (b.column_step == 1) {
    const std::size_t spare = (width - columns + b.row_step - 1) / b.row_step;
    whole = depth - std::min(depth, spare);
    switch (width) {
      case 4:
        pack_rows<4>(from, b.row_step, whole, to);
        break;
      case 8:
        pack_rows<8>(from, b.row_step, whole, to);
        break;
      case 16:
        pack_rows<16>(from, b.row_step, whole, to);
        break;
      case 32:
        pack_rows<32>(from, b.row_step, whole, to);
        break;
      default:
        whole = 0;
    }
    for (std::size_t k = whole; k < depth; ++k)
      for (std::size_t j = 0; j < columns; ++j)
        to[k * width + j] = from[k * b.row_step + j];
  } else {
    turn(from, b.column_step, depth, columns, to, width);
  }
  for (std::size_t j = columns; j < width; ++j)
    for (std::size_t k = whole; k < depth; ++k)
      to[k * width + j] = 0;
}

void device_gemm_of_blocks(const GemmShape& shape, const Operand& a, const Operand& b,
                           const BlockBounds& blocks, const GradientWords& to) {
  with_best_tile<BlocksTile, TallTile, WideTile>(shape, true, [&]<class Tile>(Tile) {
    TeamRound<Tile> work{
        {shape, a, b, {blocks.first, blocks.blocks}}, FloatRounder(to.format), to, 1};
    // As many teams as there is room for.
    work.runs = std::clamp<std::size_t>(Tile::teams * multiprocessors() / work.league(), 1,
                                        std::max<std::size_t>(1, blocks.blocks));
    if (work.runs > 1)
      Kokkos::deep_copy(
          Execution(),
          Kokkos::View<std::int64_t*, Memory, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
              to.words, shape.rows * shape.columns),
          0);
    for_each_team<Tile>("gemm of blocks", work);
  });
}

}  // namespace bailiwick::kernels::detail

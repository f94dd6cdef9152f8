// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm.hpp"

#include <cstring>

namespace bailiwick::kernels::detail {

void pack_strips(const GemmGrid& grid, const Operand& a, float* packed) {
  const std::size_t depth = grid.shape.depth;
  Kokkos::parallel_for("pack strips", Kokkos::RangePolicy<Host>(0, grid.strips),
                       [=](const std::size_t strip) {
                         const std::size_t row = grid.first_row(strip);
                         const std::size_t rows = grid.first_row(strip + 1) - row;
                         float* to = packed + row * depth;
                         const float* from = a.data + row * a.row_step;
                         for (std::size_t k = 0; k < depth; ++k, to += rows, from += a.column_step)
                           for (std::size_t i = 0; i < rows; ++i)
                             to[i] = from[i * a.row_step];
                       });
}

void pack_panel(const GemmGrid& grid, const Operand& b, std::size_t panel, float* to) {
  const std::size_t depth = grid.shape.depth, columns = grid.columns(panel);
  const std::size_t width = grid.halves(panel) * grid.tiles->columns / 2;
  const float* const from = b.data + grid.first_column(panel) * b.column_step;
  if (b.column_step == 1 && columns == width) {
    for (std::size_t k = 0; k < depth; ++k) {
      constexpr std::size_t ahead = 16;
      for (std::size_t j = 0; j < width; j += 16)
        __builtin_prefetch(from + (k + ahead) * b.row_step + j);
      for (std::size_t j = 0; j < width; j += 4)
        std::memcpy(to + k * width + j, from + k * b.row_step + j, 4 * sizeof(float));
    }
    return;
  }
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t j = 0; j < columns; ++j)
      to[k * width + j] = from[k * b.row_step + j * b.column_step];
    for (std::size_t j = columns; j < width; ++j)
      to[k * width + j] = 0;
  }
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

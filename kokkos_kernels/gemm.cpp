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

#if defined(__CUDACC__)
constexpr std::size_t pack_turned(const float*, std::size_t, std::size_t, std::size_t, std::size_t,
                                  float*) {
  return 0;  // its compiler does not know the shuffles
}
#else
using Eight [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;

/// Writes columns `step` apart as rows of `width`, 8 x 8 numbers at a time in registers; for full
/// panels. Returns how many rows it has written.
std::size_t pack_turned(const float* from, std::size_t step, std::size_t rows, std::size_t columns,
                        std::size_t width, float* to) {
  if (columns != width || width % 8 != 0) return 0;
  for (std::size_t k = 0; k + 8 <= rows; k += 8)
    for (std::size_t j = 0; j < width; j += 8) {
      Eight in[8], pairs[8], fours[8];
      for (std::size_t r = 0; r < 8; ++r)
        in[r] = *reinterpret_cast<const Eight*>(from + (j + r) * step + k);
      for (std::size_t r = 0; r < 8; r += 2) {
        pairs[r] = __builtin_shufflevector(in[r], in[r + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[r + 1] = __builtin_shufflevector(in[r], in[r + 1], 2, 10, 3, 11, 6, 14, 7, 15);
      }
      for (std::size_t r = 0; r < 8; r += 4)
        for (std::size_t s = 0; s < 2; ++s) {
          const Eight a = pairs[r + s], b = pairs[r + s + 2];
          fours[r + 2 * s] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
          fours[r + 2 * s + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
      float* const out = to + k * width + j;
      for (std::size_t r = 0; r < 4; ++r) {
        *reinterpret_cast<Eight*>(out + r * width) =
            __builtin_shufflevector(fours[r], fours[r + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *reinterpret_cast<Eight*>(out + (r + 4) * width) =
            __builtin_shufflevector(fours[r], fours[r + 4], 4, 5, 6, 7, 12, 13, 14, 15);
      }
    }
  return rows / 8 * 8;
}
#endif

}  // namespace

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
  } else if (b.row_step == 1) {
    whole = pack_turned(from, b.column_step, depth, columns, width, to);
  }
  for (std::size_t k = whole; k < depth; ++k) {
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

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm.hpp"

namespace bailiwick::kernels::detail {

void pack_strips(const GemmGrid& grid, const Operand& a, float* packed) {
  const std::size_t depth = grid.shape.depth;
  Kokkos::parallel_for("pack strips", Kokkos::RangePolicy<Execution>(0, grid.strips),
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

void pack_panels(const GemmGrid& grid, const Operand& b, float* packed) {
  const std::size_t depth = grid.shape.depth;
  Kokkos::parallel_for(
      "pack panels", Kokkos::RangePolicy<Execution>(0, grid.panels), [=](const std::size_t panel) {
        const std::size_t column = grid.first_column(panel), columns = grid.columns(panel);
        const std::size_t width = grid.halves(panel) * grid.tiles->columns / 2;
        float* to = packed + column * depth;
        const float* from = b.data + column * b.column_step;
        for (std::size_t k = 0; k < depth; ++k, to += width, from += b.row_step) {
          for (std::size_t j = 0; j < columns; ++j)
            to[j] = from[j * b.column_step];
          for (std::size_t j = columns; j < width; ++j)
            to[j] = 0;
        }
      });
}

}  // namespace bailiwick::kernels::detail

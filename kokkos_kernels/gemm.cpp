// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm.hpp"

#include <cstring>

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
  // Some terms of all panels at a time: B is then read as it lies.
  constexpr std::size_t terms = 16;
  const std::size_t depth = grid.shape.depth;
  Kokkos::parallel_for(
      "pack panels", Kokkos::RangePolicy<Execution>(0, (depth + terms - 1) / terms),
      [=](const std::size_t item) {
        const std::size_t begin = item * terms, end = std::min(depth, begin + terms);
        for (std::size_t panel = 0; panel < grid.panels; ++panel) {
          const std::size_t column = grid.first_column(panel), columns = grid.columns(panel);
          const std::size_t width = grid.halves(panel) * grid.tiles->columns / 2;
          float* const to = packed + column * depth + begin * width;
          const float* const from = b.data + column * b.column_step + begin * b.row_step;
          const std::size_t count = end - begin;
          if (b.column_step == 1 && columns == width) {
            for (std::size_t k = 0; k < count; ++k)
              for (std::size_t j = 0; j < width; j += 4)
                std::memcpy(to + k * width + j, from + k * b.row_step + j, 4 * sizeof(float));
            continue;
          }
          for (std::size_t j = 0; j < columns; ++j)
            for (std::size_t k = 0; k < count; ++k)
              to[k * width + j] = from[k * b.row_step + j * b.column_step];
          for (std::size_t j = columns; j < width; ++j)
            for (std::size_t k = 0; k < count; ++k)
              to[k * width + j] = 0;
        }
      });
}

}  // namespace bailiwick::kernels::detail

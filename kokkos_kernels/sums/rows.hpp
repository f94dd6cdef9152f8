// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/kokkos_compat.hpp"

namespace bailiwick::kernels {

/// Fixed number of partial sums in a block: row r of a block belongs to lane r mod 8, and the lanes
/// are added as ((0+4)+(2+6)) + ((1+5)+(3+7)). One AVX-512 register, two AVX2 registers.
inline constexpr int lanes = 8;

/// Columns that are indicators of the levels of categories, held as one code a row instead of a
/// number a level. A category has a cell a level and, first, one for rows that have none of its
/// levels (the reference, or a level that the model leaves out). Internally a row has the columns
/// of RowBlocks::x, then the cells of all categories.
struct Factors {
  Kokkos::View<std::uint16_t***, Kokkos::LayoutRight, Memory> code;  ///< (block, factor, row)
  Kokkos::View<std::size_t*, Memory> first;     ///< of a factor's cells, internal; then the end
  Kokkos::View<std::size_t*, Memory> order;     ///< model's column -> internal column
  Kokkos::View<double*, Memory> centre, scale;  ///< of internal columns: x = (z - centre) scale

  KOKKOS_FUNCTION std::size_t count() const { return code.extent(1); }
};

/// The rows of one domain that this rank holds, ready for kernels. Columns are contiguous inside a
/// block. Rows are padded to a multiple of `lanes`; padding and rows that are not selected hold
/// x = 0, y = 0, weight = 0, code = 0 and so change no sum.
struct RowBlocks {
  Kokkos::View<double***, Kokkos::LayoutRight, Memory> x;      ///< (block, column, row)
  Kokkos::View<double***, Kokkos::LayoutRight, Memory> y;      ///< (block, target, row)
  Kokkos::View<double**, Kokkos::LayoutRight, Memory> weight;  ///< (block, row)
  Factors factors{};                                           ///< none unless given
  /// (block, row): what the linear predictor begins with; without extent: 0.
  Kokkos::View<double**, Kokkos::LayoutRight, Memory> offset{};

  /// Of a block's rows; nullptr: there is none.
  KOKKOS_FUNCTION const double* offset_of(std::size_t block) const {
    return offset.extent(0) == 0 ? nullptr : &offset(block, 0);
  }
  KOKKOS_FUNCTION std::size_t blocks() const { return x.extent(0); }
  KOKKOS_FUNCTION std::size_t block_rows() const { return x.extent(2); }
  /// Of the model: those of x and one a level.
  KOKKOS_FUNCTION std::size_t columns() const {
    return factors.count() == 0 ? x.extent(1) : factors.order.extent(0);
  }
  /// Of x, and cells.
  KOKKOS_FUNCTION std::size_t internal_columns() const {
    return factors.count() == 0 ? x.extent(1) : factors.centre.extent(0);
  }
};

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <Kokkos_Core.hpp>

#include <cstddef>

namespace bailiwick::kernels {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;

/// Fixed number of partial sums in a block: row r of a block belongs to lane r mod 8, and the lanes
/// are added as ((0+4)+(2+6)) + ((1+5)+(3+7)). One AVX-512 register, two AVX2 registers.
inline constexpr int lanes = 8;

/// The rows of one domain that this rank holds, ready for kernels. Columns are contiguous inside a
/// block. Rows are padded to a multiple of `lanes`; padding and rows that are not selected hold
/// x = 0, y = 0, weight = 0 and so change no sum.
struct RowBlocks {
  Kokkos::View<double***, Kokkos::LayoutRight, Memory> x;      ///< (block, column, row)
  Kokkos::View<double***, Kokkos::LayoutRight, Memory> y;      ///< (block, target, row)
  Kokkos::View<double**, Kokkos::LayoutRight, Memory> weight;  ///< (block, row)

  KOKKOS_FUNCTION std::size_t blocks() const { return x.extent(0); }
  KOKKOS_FUNCTION std::size_t columns() const { return x.extent(1); }
  KOKKOS_FUNCTION std::size_t block_rows() const { return x.extent(2); }
};

}  // namespace bailiwick::kernels

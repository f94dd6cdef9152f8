// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kokkos_kernels/kokkos_compat.hpp"
#include "kokkos_kernels/sums/rows.hpp"

namespace bailiwick::kernels {

/// The rows of one domain that this rank holds as a network takes them: float32, row-major, without
/// gaps. Levels of categories stay codes until a batch is made.
struct NetworkRows {
  /// Where an input comes from: a dense column, or cell `cell` of a category, which is `high` in
  /// rows of that level and `low` in others.
  struct Input {
    std::size_t column;  ///< of dense, or of code
    bool is_level;
    std::uint16_t cell;
    float low, high;
  };

  Kokkos::View<float**, Kokkos::LayoutRight, Memory> dense;         ///< (row, dense column)
  Kokkos::View<std::uint16_t**, Kokkos::LayoutRight, Memory> code;  ///< (row, category)
  Kokkos::View<double**, Kokkos::LayoutRight, Memory> y;            ///< (row, target)
  Kokkos::View<double*, Memory> weight;                             ///< (row)
  Kokkos::View<Input*, Memory> inputs;
  Kokkos::View<std::size_t*, Memory> embedded;  ///< of code: categories whose codes are inputs
  bool all_dense = true;                        ///< inputs are the dense columns in order

  std::uint64_t first_number = 0;  ///< of the first row, counted over all domains

  std::size_t rows() const { return dense.extent(0); }
};

/// Rounds standardised rows to float32. rows_of_block[b]: how many of block b's rows there are; the
/// rest of a block is padding. Levels of the `embedded` categories (Factors) are no inputs; batches
/// have their codes.
NetworkRows network_rows(const RowBlocks& rows, std::span<const std::size_t> rows_of_block,
                         std::span<const std::size_t> embedded = {});

/// The first target becomes (y - mean) scale.
void standardise_target(NetworkRows& rows, double mean, double scale);

/// A batch of rows: x is row-major, `width` apart, with room for what embedded categories become;
/// y and code are target-major and category-major, number the rows' numbers. Pointers are where
/// kernels can read them.
struct BatchRows {
  float* x;
  std::size_t width;
  std::uint16_t* code;
  double* y;
  double* weight;
  std::uint64_t* number;
  std::size_t rows;
};

/// Copies rows chosen[0] to chosen[count - 1], which kernels can read too, to row `first` on.
void gather(const NetworkRows& rows, const std::uint32_t* chosen, std::size_t count,
            const BatchRows& batch, std::size_t first);

}  // namespace bailiwick::kernels

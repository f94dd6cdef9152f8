// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <Kokkos_Macros.hpp>

#include <cstddef>

namespace bailiwick::kernels {

/// A matrix of floats where kernels can read it: element (i, j) is data[i * row_step + j *
/// column_step]. One of the steps is 1.
struct Operand {
  const float* data;
  std::size_t row_step, column_step;

  KOKKOS_FUNCTION float operator()(std::size_t i, std::size_t j) const {
    return data[i * row_step + j * column_step];
  }
  KOKKOS_FUNCTION Operand transposed() const { return {data, column_step, row_step}; }
};

inline Operand row_major(const float* data, std::size_t columns) {
  return {data, columns, 1};
}

/// Shape of a product: C is rows x columns, sums have `depth` terms.
struct GemmShape {
  std::size_t rows, columns, depth;
};

/// Blocks of a batch: block b is rows first[b] to first[b + 1].
struct BlockBounds {
  const std::size_t* first;
  std::size_t blocks;
};

}  // namespace bailiwick::kernels

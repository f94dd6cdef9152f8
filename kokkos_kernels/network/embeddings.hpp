// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/network/dense.hpp"

// Categories as vectors that are learnt: a table has a row of `dimension` numbers for every level.
// Tables, codes and matrices are where kernels can read them. Host calls, local to the rank.
namespace bailiwick::kernels {

struct EmbeddingShape {
  std::size_t levels, dimension;
};

/// Vectors that are part of a wider matrix: that of row r begins at data + r * width.
template <class Number>
struct VectorRows {
  Number* data;
  std::size_t width;
};

/// The vector of row r becomes row code[r] of the table.
void embed(const EmbeddingShape& shape, std::size_t rows, const std::uint16_t* code,
           const float* table, VectorRows<float> to);

/// The words of parameters that only embedding_gradient adds to become 0.
void clear_words(const GradientWords& to, std::size_t size);

/// Adds to the words of the table the sums over blocks of its gradient: of each level's rows in a
/// block, ascending, rounded once; a level that a block lacks gets nothing. `gradient`: of what
/// embed() gave. `rows`: of these blocks; code and gradient: of the whole batch.
void embedding_gradient(const EmbeddingShape& shape, const BlockBounds& blocks, std::size_t rows,
                        const std::uint16_t* code, VectorRows<const float> gradient,
                        const GradientWords& words);

}  // namespace bailiwick::kernels

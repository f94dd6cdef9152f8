// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"

namespace bailiwick::testing {

using Column = std::vector<double>;

inline Column ones(std::size_t rows) {
  return Column(rows, 1.0);
}

/// Blocks first … last-1 of the table cut into blocks of `block_rows`, padded as readers pad them.
/// An empty weight means ones.
inline kernels::RowBlocks make_rows(const std::vector<Column>& x, const std::vector<Column>& y,
                                    const Column& weight = {}, std::size_t block_rows = 8,
                                    std::size_t first = 0, std::size_t last = ~std::size_t{0}) {
  const std::size_t rows = y.front().size();
  const std::size_t blocks = (rows + block_rows - 1) / block_rows;
  last = std::min(last, blocks);
  kernels::RowBlocks out;
  const std::size_t padded = (block_rows + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
  out.x = decltype(out.x)("x", last - first, x.size(), padded);
  out.y = decltype(out.y)("y", last - first, y.size(), padded);
  out.weight = decltype(out.weight)("weight", last - first, padded);
  const auto hx = Kokkos::create_mirror_view(out.x);
  const auto hy = Kokkos::create_mirror_view(out.y);
  const auto hw = Kokkos::create_mirror_view(out.weight);
  for (std::size_t b = first; b < last; ++b) {
    for (std::size_t r = 0; r < block_rows && b * block_rows + r < rows; ++r) {
      const std::size_t i = b * block_rows + r;
      for (std::size_t j = 0; j < x.size(); ++j) {
        hx(b - first, j, r) = x[j][i];
      }
      for (std::size_t k = 0; k < y.size(); ++k) {
        hy(b - first, k, r) = y[k][i];
      }
      hw(b - first, r) = weight.empty() ? 1.0 : weight[i];
    }
  }
  Kokkos::deep_copy(out.x, hx);
  Kokkos::deep_copy(out.y, hy);
  Kokkos::deep_copy(out.weight, hw);
  return out;
}

/// All blocks of `parts`, which are equally long and wide, one after another.
inline kernels::RowBlocks concatenate(const std::vector<kernels::RowBlocks>& parts) {
  kernels::RowBlocks out;
  std::size_t blocks = 0;
  for (const auto& part : parts)
    blocks += part.blocks();
  const auto& like = parts.front();
  out.x = decltype(out.x)("x", blocks, like.columns(), like.block_rows());
  out.y = decltype(out.y)("y", blocks, like.y.extent(1), like.block_rows());
  out.weight = decltype(out.weight)("weight", blocks, like.block_rows());
  std::size_t first = 0;
  for (const auto& part : parts) {
    const auto range = std::make_pair(first, first + part.blocks());
    first = range.second;
    Kokkos::deep_copy(Kokkos::subview(out.x, range, Kokkos::ALL, Kokkos::ALL), part.x);
    Kokkos::deep_copy(Kokkos::subview(out.y, range, Kokkos::ALL, Kokkos::ALL), part.y);
    Kokkos::deep_copy(Kokkos::subview(out.weight, range, Kokkos::ALL), part.weight);
  }
  return out;
}

}  // namespace bailiwick::testing

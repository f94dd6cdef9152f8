// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/partition/partition.hpp"
#include "kokkos_kernels/sums/rows.hpp"
#include "lib/data/columns.hpp"

namespace bailiwick {

/// Lays rows out for kernels: the chosen rows of a block one after another, columns contiguous,
/// levels of categories as codes.
class RowBlocksBuilder {
 public:
  using Fail = std::function<void(std::size_t row, const std::string& why)>;  ///< throws

  RowBlocksBuilder(const ModelColumns& columns, std::size_t blocks, std::size_t block_rows);

  /// The next block's `chosen` rows. Calls `fail` on a row whose indicators are not those of one
  /// level.
  void add(const io::RowBuffer& buffer, const Schema& schema, std::span<const std::size_t> chosen,
           const Fail& fail);

  /// All blocks, as long as the one with most chosen rows, on the device.
  kernels::RowBlocks finish();

 private:
  using Codes = decltype(kernels::Factors::code)::HostMirror;
  using Cube = decltype(kernels::RowBlocks::x)::HostMirror;
  using Weights = decltype(kernels::RowBlocks::weight)::HostMirror;

  const ModelColumns& columns_;
  std::vector<std::size_t> internal_;  ///< of each feature
  std::vector<std::size_t> first_;     ///< internal column of each factor's cells, then the end
  std::vector<std::uint16_t> level_;   ///< code of each feature that is a level
  std::size_t dense_ = 0;              ///< columns of x, the intercept included
  std::size_t block_ = 0, longest_ = 0;
  Cube x_, y_;
  Weights weight_;
  Codes codes_;
};

}  // namespace bailiwick

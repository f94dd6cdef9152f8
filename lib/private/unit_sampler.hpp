// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/crypto/secret.hpp"

namespace bailiwick {

/// Which of a domain's units a step takes: each by a draw of its own, with probability
/// sampled / 2^32 (Poisson sampling), a function of the key, the step and where the row is stored.
/// Who has no key knows neither which they are nor how many. Each row is its unit: of rows of one
/// unit all but one must weigh nothing.
class UnitSampler {
 public:
  /// Of rows whose first block is the domain's `first_block`-th; those that weigh nothing are never
  /// taken.
  UnitSampler(Secret key, std::uint64_t sampled, std::uint64_t first_block,
              const kernels::RowBlocks& rows);

  /// Places block * block_rows + row, ascending. Another step draws anew.
  const std::vector<std::uint32_t>& draw(std::uint64_t step);

 private:
  Secret key_;
  std::uint64_t sampled_, first_block_;
  std::size_t block_rows_;
  std::vector<bool> counts_;
  std::vector<std::uint32_t> drawn_;
};

}  // namespace bailiwick

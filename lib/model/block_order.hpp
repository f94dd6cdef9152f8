// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bailiwick {

/// Which blocks each step takes: a function of the seed and the list of blocks alone.
///
/// The list is cut into as many equal stretches as a step has blocks; a step takes one block from
/// each, in an order that is drawn anew for every stretch and epoch (stratified sampling without
/// replacement). So an epoch takes every block once, and ranks that hold equal stretches of the
/// list have equal work in every step.
class BlockOrder {
 public:
  BlockOrder(std::size_t blocks, std::size_t blocks_a_step, std::uint64_t seed);

  std::uint64_t steps_an_epoch() const { return steps_; }
  /// Blocks of step `step`, counted from 0 over all epochs, ascending.
  void blocks_of(std::uint64_t step, std::vector<std::size_t>& blocks);
  /// The most blocks of one step that lie in [begin, end).
  std::size_t most_within(std::size_t begin, std::size_t end) const;

 private:
  std::size_t first_of(std::size_t stretch) const { return blocks_ * stretch / stretches_; }
  void shuffle(std::uint64_t epoch);

  std::size_t blocks_, stretches_;
  std::uint64_t seed_, steps_;
  std::uint64_t epoch_ = UINT64_MAX;  ///< of `order_`
  std::vector<std::uint32_t> order_;  ///< every stretch's blocks, shuffled, one after another
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/block_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kokkos_kernels/random.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

__extension__ using Wide = unsigned __int128;

BlockOrder::BlockOrder(std::size_t blocks, std::size_t blocks_a_step, std::uint64_t seed)
    : blocks_(blocks), stretches_(std::min(blocks, blocks_a_step)), seed_(seed) {
  ensure(blocks > 0 && blocks_a_step > 0, "there are blocks to take");
  ensure(blocks <= UINT32_MAX, "blocks are fewer than 2^32");
  steps_ = (blocks + stretches_ - 1) / stretches_;
}

void BlockOrder::shuffle(std::uint64_t epoch) {
  const kernels::Philox random(seed_, kernels::RandomPurpose::block_order);
  order_.resize(blocks_);
  std::iota(order_.begin(), order_.end(), 0U);
  for (std::size_t s = 0; s < stretches_; ++s) {
    const std::size_t first = first_of(s), size = first_of(s + 1) - first;
    // Fisher and Yates; of 64 random bits the upper part of their product with n is uniform below n
    // up to n 2^-64.
    for (std::size_t n = size; n > 1; --n) {
      const auto four = random(static_cast<std::uint32_t>(epoch), first + n - 1);
      const std::uint64_t bits = std::uint64_t{four.word[0]} << 32 | four.word[1];
      const auto chosen = static_cast<std::size_t>((static_cast<Wide>(bits) * n) >> 64);
      std::swap(order_[first + n - 1], order_[first + chosen]);
    }
  }
  epoch_ = epoch;
}

void BlockOrder::blocks_of(std::uint64_t step, std::vector<std::size_t>& blocks) {
  if (step / steps_ != epoch_) shuffle(step / steps_);
  const std::uint64_t turn = step % steps_;
  blocks.clear();
  for (std::size_t s = 0; s < stretches_; ++s) {
    const std::size_t first = first_of(s);
    if (first + turn < first_of(s + 1)) blocks.push_back(order_[first + turn]);
  }
}

std::size_t BlockOrder::most_within(std::size_t begin, std::size_t end) const {
  std::size_t most = 0;
  for (std::size_t s = 0; s < stretches_; ++s)
    if (begin < first_of(s + 1) && end > first_of(s)) ++most;
  return most;
}

}  // namespace bailiwick

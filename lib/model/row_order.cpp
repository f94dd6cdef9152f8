// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/row_order.hpp"

#include <numeric>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

__extension__ using Wide = unsigned __int128;

void shuffle(std::span<std::uint32_t> order, const kernels::Philox& random, std::uint32_t step,
             std::uint64_t first) {
  // Of 64 random bits the upper part of their product with n is uniform below n up to n 2^-64.
  for (std::size_t n = order.size(); n > 1; --n) {
    const auto four = random(step, first + n - 1);
    const std::uint64_t bits = std::uint64_t{four.word[0]} << 32 | four.word[1];
    std::swap(order[n - 1], order[static_cast<std::size_t>((static_cast<Wide>(bits) * n) >> 64)]);
  }
}

RowOrder::RowOrder(std::uint64_t rows, std::uint64_t number, std::uint64_t steps,
                   std::uint64_t seed)
    : number_(number), steps_(steps), seed_(seed) {
  ensure(steps > 0, "an epoch has steps");
  ensure(rows <= UINT32_MAX && steps <= UINT32_MAX, "a rank's rows and steps are fewer than 2^32");
  order_.resize(rows);
}

void RowOrder::shuffle(std::uint64_t epoch) {
  std::iota(order_.begin(), order_.end(), 0U);
  bailiwick::shuffle(order_, kernels::Philox(seed_, kernels::RandomPurpose::row_order),
                     static_cast<std::uint32_t>(epoch), number_);
  epoch_ = epoch;
}

std::span<const std::uint32_t> RowOrder::rows_of(std::uint64_t step) {
  if (step / steps_ != epoch_) shuffle(step / steps_);
  const std::size_t begin = taken_before(step % steps_), end = taken_before(step % steps_ + 1);
  return std::span<const std::uint32_t>(order_).subspan(begin, end - begin);
}

}  // namespace bailiwick

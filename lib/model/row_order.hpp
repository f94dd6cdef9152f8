// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kokkos_kernels/math/random.hpp"

namespace bailiwick {

/// Puts things into an order drawn at random (Fisher and Yates), a function of the places (step,
/// first), (step, first + 1) … of `random`.
void shuffle(std::span<std::uint32_t> order, const kernels::Philox& random, std::uint32_t step,
             std::uint64_t first = 0);

/// Which rows of a lane (consecutive rows that one rank holds) each step takes: a function of the
/// seed and the lane's place alone.
///
/// An epoch takes every row once, in an order drawn anew for each epoch, and as evenly as can be: a
/// step takes 1/steps of the lane, rounded up or down. Lanes that follow each other round up in
/// different steps, so that all steps of many lanes have about the same number of rows.
class RowOrder {
 public:
  /// `rows` from row `number` on, counted over all lanes; `steps` an epoch.
  RowOrder(std::uint64_t rows, std::uint64_t number, std::uint64_t steps, std::uint64_t seed);

  /// Rows of step `step`, counted from 0 over all epochs, as numbers within the lane; until the
  /// next call.
  std::span<const std::uint32_t> rows_of(std::uint64_t step);

  /// How many rows of a lane (as in the constructor) a step of an epoch takes.
  static std::uint64_t rows_of_step(std::uint64_t rows, std::uint64_t number, std::uint64_t steps,
                                    std::uint64_t step) {
    const std::uint64_t shift = number % steps;
    return (rows * (step + 1) + shift) / steps - (rows * step + shift) / steps;
  }

  /// The most rows that a step takes of a lane.
  static std::uint64_t most_of(std::uint64_t rows, std::uint64_t steps) {
    return (rows + steps - 1) / steps;
  }

 private:
  void shuffle(std::uint64_t epoch);
  std::size_t taken_before(std::uint64_t turn) const {
    return static_cast<std::size_t>((order_.size() * turn + number_ % steps_) / steps_);
  }

  std::uint64_t number_, steps_, seed_;
  std::uint64_t epoch_ = UINT64_MAX;  ///< of `order_`
  std::vector<std::uint32_t> order_;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

/// What a row of a binary response says: its label, or those of its trials.
struct Labels {
  std::int64_t events, others;
};

/// f(block, row, labels) for every row of non-zero weight; carries in `sum` as for_each_row does.
template <class F>
void for_each_label(const kernels::RowBlocks& rows, Aggregate& sum, const F& f) {
  const auto y = host_copy(rows.y);
  const bool trials = rows.y.extent(1) > 1;
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double proportion, double) {
    const double n = trials ? y(b, 1, r) : 1;
    const double events = std::nearbyint(proportion * n);
    if (!trials && proportion != events)
      throw Error(
          ExitCode::data,
          "the target is a proportion, which is no label to measure predictions by; name the "
          "columns of successes and trials (model.target, model.trials)");
    f(b, r, Labels{static_cast<std::int64_t>(events), static_cast<std::int64_t>(n - events)});
  });
}

}  // namespace bailiwick

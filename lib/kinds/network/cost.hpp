// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/columns.hpp"
#include "lib/data/load_rows.hpp"

namespace bailiwick {

class Run;

/// What a step of a network's training takes.
struct NetworkCost {
  std::size_t parameters = 0;
  std::uint64_t lanes_a_step = 0, rows_a_step = 0;  ///< at most, over all domains
  double flops_a_step = 0;                          ///< of rows_a_step rows, dense layers
  std::uint64_t steps = 0;                          ///< an epoch, or of one domain a round
  bool federated = false;
  bool by_chance = false;  ///< rows_a_step is what can be expected: privacy draws them
  /// Bytes on the rank that has most: parameters and what the optimiser keeps; aggregates; batch,
  /// activations and packed operands.
  double state_bytes = 0, sum_bytes = 0, batch_bytes = 0;
  double bytes() const { return state_bytes + sum_bytes + batch_bytes; }
};

/// From the config and the signed manifests alone. Collective over the world.
NetworkCost cost_of_network(const Run& run, const ModelColumns& columns);

}  // namespace bailiwick

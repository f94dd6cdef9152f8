// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/boundary/decomposition.hpp"
#include "lib/run/lane.hpp"

namespace bailiwick {

class Run;

/// Where the steps of a network take their rows. Every partition is cut into lanes, stretches of
/// its stored blocks of which a step takes no more than about `block_rows` rows: these are a block,
/// the unit whose gradient is rounded. What the lanes are follows from the signed manifests alone;
/// a rank holds whole lanes.
class Lanes {
 public:
  /// For the rows of train.split. Steps are everyone's together, or, in federated training, each
  /// domain's own. Local.
  explicit Lanes(const Run& run);

  std::uint64_t rows_of_domain(std::size_t index) const { return rows_of_domain_[index]; }
  std::uint64_t steps_an_epoch(std::size_t domain) const { return steps_[domain]; }
  /// Of one step at most, on all ranks.
  std::uint64_t lanes_a_step() const { return lanes_a_step_; }
  std::uint64_t rows_a_step() const { return rows_a_step_; }
  std::size_t blocks_a_step() const { return blocks_a_step_; }
  /// Room for them on this rank, and for a block of rows that are not trained on.
  std::size_t held_rows_a_step() const { return held_rows_; }
  std::size_t held_blocks_a_step() const { return held_blocks_; }

  /// This rank's lanes, of each local domain.
  const std::vector<std::vector<Lane>>& local() const { return local_; }
  /// All stored blocks of these.
  BlockRange blocks(std::size_t local_domain) const;

 private:
  std::vector<std::uint64_t> rows_of_domain_, steps_;  ///< one a domain of the run
  std::uint64_t lanes_a_step_ = 0, rows_a_step_ = 0;
  std::size_t blocks_a_step_ = 0, held_rows_ = 0, held_blocks_ = 0;
  std::vector<std::vector<Lane>> local_;
};

}  // namespace bailiwick

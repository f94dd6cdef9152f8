// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/lanes.hpp"

#include <algorithm>
#include <numeric>

#include "lib/model/row_order.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

Lanes::Lanes(const Run& run) {
  const TrainConfig& train = run.config().train;
  const auto block_rows = static_cast<std::uint64_t>(train.descent.block_rows);
  const bool together = !train.federated;
  std::uint64_t all = 0;
  for (const DomainFacts& domain : run.domains()) {
    const bool absent = run.is_absent(rows_of_domain_.size());
    rows_of_domain_.push_back(absent ? 0 : domain.rows_to_train());
    all += rows_of_domain_.back();
  }
  std::uint64_t rows_of_together = 0, lanes_of_together = 0;
  for (std::size_t i = 0; i < rows_of_domain_.size(); ++i) {
    steps_.push_back(steps_for(together ? all : rows_of_domain_[i], train));
    if (!together) rows_of_together = lanes_of_together = 0;
    rows_of_together += rows_of_domain_[i];
    for (const DomainFacts::Partition& partition : run.domains()[i].partitions)
      if (!run.is_absent(i))
        lanes_of_together +=
            count_lanes(partition.rows_to_train, partition.blocks, steps_[i], train);
    // A lane may give one row more than its share, and a last block that is not full.
    const std::uint64_t most = rows_of_together / steps_[i] + lanes_of_together;
    lanes_a_step_ = std::max(lanes_a_step_, lanes_of_together);
    rows_a_step_ = std::max(rows_a_step_, most);
    blocks_a_step_ = std::max<std::size_t>(blocks_a_step_, lanes_of_together + most / block_rows);
  }

  for (const LocalDomain& domain : run.local()) {
    if (run.is_absent(domain.index)) {
      local_.emplace_back();
      continue;
    }
    const std::uint64_t number = std::accumulate(
        rows_of_domain_.begin(),
        rows_of_domain_.begin() + static_cast<std::ptrdiff_t>(domain.index), std::uint64_t{0});
    const std::uint64_t steps = steps_[domain.index];
    const std::vector<Lane> lanes = lanes_of_domain(domain.manifests, train, steps, number);
    const std::vector<int>& ranks = run.decomposition().ranks_of(domain.index);
    const auto member = std::ranges::find(ranks, run.world().rank()) - ranks.begin();
    const BlockRange share =
        share_blocks(lanes.size(), static_cast<int>(ranks.size()), static_cast<int>(member));
    const auto first = lanes.begin() + static_cast<std::ptrdiff_t>(share.first);
    local_.emplace_back(first, first + static_cast<std::ptrdiff_t>(share.count));
    std::size_t held_rows = 0, held_blocks = 0;
    for (const Lane& lane : local_.back()) {
      const std::uint64_t most = RowOrder::most_of(lane.rows, steps);
      held_rows += most;
      held_blocks += (most + block_rows - 1) / block_rows;
    }
    held_rows_ = together ? held_rows_ + held_rows : std::max(held_rows_, held_rows);
    held_blocks_ = together ? held_blocks_ + held_blocks : std::max(held_blocks_, held_blocks);
  }
  if (train.descent.early_stopping.split.empty()) return;
  held_rows_ = std::max<std::size_t>(held_rows_, block_rows);
  held_blocks_ = std::max<std::size_t>(held_blocks_, 1);
}

BlockRange Lanes::blocks(std::size_t local_domain) const {
  const std::vector<Lane>& lanes = local_[local_domain];
  if (lanes.empty()) return {0, 0};
  const std::uint64_t first = lanes.front().blocks.first;
  return {first, lanes.back().blocks.first + lanes.back().blocks.count - first};
}

}  // namespace bailiwick

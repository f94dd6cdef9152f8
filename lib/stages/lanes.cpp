// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/lanes.hpp"

#include <algorithm>
#include <numeric>

#include "lib/core/text.hpp"
#include "lib/model/row_order.hpp"
#include "lib/runtime/egress_meter.hpp"
#include "lib/stages/load_rows.hpp"

namespace bailiwick {

namespace {

/// Rows of the split in every stored block.
std::vector<std::uint64_t> rows_of_blocks(const PartitionManifest& manifest,
                                          const std::string& split) {
  if (!split.empty()) return manifest.split_rows[split_code(manifest.schema, split)];
  std::vector<std::uint64_t> rows(manifest.blocks(), manifest.block_rows);
  if (!rows.empty()) rows.back() = manifest.rows - (rows.size() - 1) * manifest.block_rows;
  return rows;
}

struct PartitionShape {
  std::uint64_t rows, blocks;
};

/// Of all domains, each domain's told by the rank that leads it.
std::vector<std::vector<PartitionShape>> shapes_of_domains(const Run& run,
                                                           const std::string& split) {
  Json own = Json::array();
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    if (!run.decomposition().leads(d)) continue;
    for (const PartitionManifest& manifest : run.local()[d].manifests) {
      const std::vector<std::uint64_t> rows = rows_of_blocks(manifest, split);
      own.push_back({run.local()[d].index, std::accumulate(rows.begin(), rows.end(), 0ULL),
                     manifest.blocks()});
    }
  }
  std::vector<std::vector<PartitionShape>> shapes(run.domains().size());
  const EgressPurpose purpose("attributes of manifests");
  for (const std::string& text : run.world().gather(own.dump()))
    for (const Json& entry : parse_json(text, "manifests", ExitCode::bug))
      shapes[entry[0].get<std::size_t>()].push_back({entry[1], entry[2]});
  return shapes;
}

std::uint64_t rows_of(const std::vector<PartitionShape>& partitions) {
  std::uint64_t rows = 0;
  for (const PartitionShape& partition : partitions)
    rows += partition.rows;
  return rows;
}

std::uint64_t quotient_rounded_up(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

std::vector<Lane> cut_into_lanes(std::span<const std::uint64_t> rows_of_blocks, std::uint64_t count,
                                 std::uint64_t first_block, std::uint64_t number) {
  const std::uint64_t rows =
      std::accumulate(rows_of_blocks.begin(), rows_of_blocks.end(), std::uint64_t{0});
  std::vector<Lane> lanes;
  std::uint64_t block = 0, done = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
    Lane lane{{first_block + block, 0}, 0, number + done};
    // The last takes blocks without rows, too: somebody must hold them.
    while (block < rows_of_blocks.size() && (done < rows * i / count || i == count)) {
      lane.rows += rows_of_blocks[block];
      done += rows_of_blocks[block++];
      ++lane.blocks.count;
    }
    lanes.push_back(lane);
  }
  return lanes;
}

Lanes::Lanes(const Run& run) {
  const TrainConfig& train = run.config().train;
  const auto batch_rows = static_cast<std::uint64_t>(train.descent.batch_rows);
  const auto block_rows = static_cast<std::uint64_t>(train.descent.block_rows);
  const bool together = !train.federated;
  const auto shapes = shapes_of_domains(run, train.split);
  std::uint64_t all = 0;
  for (const auto& partitions : shapes) {
    rows_of_domain_.push_back(rows_of(partitions));
    all += rows_of_domain_.back();
  }
  // A partition has as many lanes as its part of a batch has blocks, if it is stored in as many.
  const auto lanes_of = [&](const PartitionShape& partition, std::uint64_t steps) {
    return std::clamp<std::uint64_t>(quotient_rounded_up(partition.rows, steps * block_rows), 1,
                                     std::max<std::uint64_t>(1, partition.blocks));
  };
  std::uint64_t rows_of_together = 0, lanes_of_together = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::uint64_t rows = together ? all : rows_of_domain_[i];
    steps_.push_back(std::max<std::uint64_t>(1, quotient_rounded_up(rows, batch_rows)));
    if (!together) rows_of_together = lanes_of_together = 0;
    rows_of_together += rows_of_domain_[i];
    for (const PartitionShape& partition : shapes[i])
      lanes_of_together += lanes_of(partition, steps_[i]);
    // A lane may give one row more than its share, and a last block that is not full.
    const std::uint64_t most = rows_of_together / steps_[i] + lanes_of_together;
    lanes_a_step_ = std::max(lanes_a_step_, lanes_of_together);
    rows_a_step_ = std::max(rows_a_step_, most);
    blocks_a_step_ = std::max<std::size_t>(blocks_a_step_, lanes_of_together + most / block_rows);
  }

  for (const LocalDomain& domain : run.local()) {
    std::vector<Lane> lanes;
    std::uint64_t first_block = 0;
    std::uint64_t number = std::accumulate(
        rows_of_domain_.begin(),
        rows_of_domain_.begin() + static_cast<std::ptrdiff_t>(domain.index), std::uint64_t{0});
    const std::uint64_t steps = steps_[domain.index];
    for (const PartitionManifest& manifest : domain.manifests) {
      const std::vector<std::uint64_t> rows = rows_of_blocks(manifest, train.split);
      const std::uint64_t sum = std::accumulate(rows.begin(), rows.end(), std::uint64_t{0});
      const std::vector<Lane> cut =
          cut_into_lanes(rows, lanes_of({sum, rows.size()}, steps), first_block, number);
      lanes.insert(lanes.end(), cut.begin(), cut.end());
      number += sum;
      first_block += rows.size();
    }
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
      held_blocks += quotient_rounded_up(most, block_rows);
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

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/lane.hpp"

#include <algorithm>
#include <numeric>

#include "lib/model/row_order.hpp"

namespace bailiwick {

namespace {

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

std::uint64_t steps_for(std::uint64_t rows, const TrainConfig& train) {
  const auto batch_rows = static_cast<std::uint64_t>(train.descent.batch_rows);
  return std::max<std::uint64_t>(1, quotient_rounded_up(rows, batch_rows));
}

std::uint64_t count_lanes(std::uint64_t rows, std::uint64_t blocks, std::uint64_t steps,
                          const TrainConfig& train) {
  const auto block_rows = static_cast<std::uint64_t>(train.descent.block_rows);
  return std::clamp<std::uint64_t>(quotient_rounded_up(rows, steps * block_rows), 1,
                                   std::max<std::uint64_t>(1, blocks));
}

std::vector<Lane> lanes_of_domain(const std::vector<PartitionManifest>& manifests,
                                  const TrainConfig& train, std::uint64_t steps,
                                  std::uint64_t number) {
  std::vector<Lane> lanes;
  std::uint64_t first_block = 0;
  for (const PartitionManifest& manifest : manifests) {
    const std::vector<std::uint64_t> rows = manifest.rows_of_blocks(train.split);
    const std::uint64_t sum = manifest.rows_of(train.split);
    const std::vector<Lane> cut =
        cut_into_lanes(rows, count_lanes(sum, rows.size(), steps, train), first_block, number);
    lanes.insert(lanes.end(), cut.begin(), cut.end());
    number += sum;
    first_block += rows.size();
  }
  return lanes;
}

RowsOfRounds rows_of_rounds(const std::vector<PartitionManifest>& manifests,
                            const TrainConfig& train, std::uint64_t before, std::uint64_t all) {
  std::uint64_t own = 0;
  for (const PartitionManifest& manifest : manifests)
    own += manifest.rows_of(train.split);
  const std::uint64_t steps = steps_for(train.federated ? own : all, train);
  std::vector<std::uint64_t> taken(steps, 0);
  for (const Lane& lane : lanes_of_domain(manifests, train, steps, before))
    for (std::uint64_t step = 0; step < steps; ++step)
      taken[step] += RowOrder::rows_of_step(lane.rows, lane.number, steps, step);

  RowsOfRounds found{own, own > 0};
  for (const std::uint64_t rows : taken) {
    if (rows > 0) found.fewest = std::min(found.fewest, rows);
    found.always = found.always && rows > 0;
  }
  return found;
}

}  // namespace bailiwick

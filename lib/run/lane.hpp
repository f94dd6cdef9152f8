// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/boundary/decomposition.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// Consecutive stored blocks of a domain and their rows of the split.
struct Lane {
  BlockRange blocks;  ///< counted over the partitions of the domain
  std::uint64_t rows = 0;
  std::uint64_t number = 0;  ///< of its first row, counted over all domains
};

/// The stored blocks of a partition, with so many rows of the split each, cut into `count` lanes of
/// about as many rows; the first has block `first_block` and row `number`.
std::vector<Lane> cut_into_lanes(std::span<const std::uint64_t> rows_of_blocks, std::uint64_t count,
                                 std::uint64_t first_block, std::uint64_t number);

/// Steps an epoch over so many rows.
std::uint64_t steps_for(std::uint64_t rows, const TrainConfig& train);

/// Lanes of a partition of so many rows of the split: as many as its part of a batch has blocks, if
/// it is stored in as many.
std::uint64_t count_lanes(std::uint64_t rows, std::uint64_t blocks, std::uint64_t steps,
                          const TrainConfig& train);

/// All lanes of a domain, whose first row has number `number`.
std::vector<Lane> lanes_of_domain(const std::vector<PartitionManifest>& manifests,
                                  const TrainConfig& train, std::uint64_t steps,
                                  std::uint64_t number);

/// What of a domain is in each crossing of a network's training.
struct RowsOfRounds {
  /// The fewest different rows, but for none. Of a federated round those of a single local step
  /// count: whoever chooses learning rate and proximal term can make the last outweigh all others.
  std::uint64_t fewest = 0;
  bool always = false;  ///< no crossing is without rows of it
};
/// `before`: rows of the split in the domains before it; `all`: in all domains.
RowsOfRounds rows_of_rounds(const std::vector<PartitionManifest>& manifests,
                            const TrainConfig& train, std::uint64_t before, std::uint64_t all);

}  // namespace bailiwick

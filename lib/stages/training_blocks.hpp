// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/network_rows.hpp"
#include "lib/stages/run.hpp"

namespace bailiwick {

/// Consecutive rows, or blocks.
struct RowRange {
  std::size_t first = 0, count = 0;
};

/// The blocks that steps of a network take: the rows of each block of a partition that are in the
/// split, `block_rows` at a time. One list over all domains and partitions in the order of the run,
/// known to every rank from the signed manifests; ranks hold stretches of it.
class TrainingBlocks {
 public:
  /// One rank's stretch of one domain.
  struct Stretch {
    std::size_t first = 0;         ///< in the list
    std::uint64_t first_row = 0;   ///< number of its first row, counted over all domains
    std::vector<RowRange> blocks;  ///< among the rows this rank holds of the domain
    std::size_t end() const { return first + blocks.size(); }
  };

  /// `split` empty: all rows. Collective over the world.
  TrainingBlocks(const Run& run, const std::string& split, std::size_t block_rows);

  std::size_t size() const { return size_; }
  /// One a local domain.
  const std::vector<Stretch>& local() const { return local_; }
  /// All blocks of a domain of the run, by whoever they are held.
  RowRange of_domain(std::size_t index) const { return of_domain_[index]; }

 private:
  std::size_t size_ = 0;
  std::vector<RowRange> of_domain_;
  std::vector<Stretch> local_;
};

}  // namespace bailiwick

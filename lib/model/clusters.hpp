// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/boundary/sums.hpp"

namespace bailiwick {

/// Rows that robust errors take as one: those of a unit, or of a domain.
struct Clusters {
  std::vector<std::vector<std::uint32_t>> of_row;  ///< [local domain][block * block rows + row]
  std::vector<std::size_t> count;                  ///< of each local domain, over all its ranks
};

/// The scores of this rank's rows of one domain, summed by cluster.
class ClusterScores {
 public:
  explicit ClusterScores(std::size_t parameters) : parameters_(parameters) {}

  void add(std::uint32_t cluster, std::span<const double> score);

  /// Adds the products of each cluster's sum, and how many clusters there are, to the domain's
  /// `products` and `clusters`, on its first rank. `format`: of scores. A cluster's rows may lie on
  /// several ranks: their sum is one of integers. Collective over the domain.
  void add_products(Sums& sums, std::size_t d, std::size_t clusters, FixedPoint format,
                    Aggregate& products) const;

 private:
  std::size_t parameters_;
  std::vector<std::uint32_t> cluster_;  ///< of each row
  std::vector<double> score_;           ///< (row, parameter)
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/clusters.hpp"

#include <algorithm>
#include <array>

#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace {

/// 104 bits of the SHA-256 of a unit's name, in whole numbers that doubles hold.
using Mark = std::array<double, 2>;

Mark mark_of(const std::string& unit) {
  const Digest digest = sha256(unit);
  const auto number = [&](std::size_t first) {
    double value = 0;
    for (std::size_t i = first; i < first + 6; ++i)
      value = value * 256 + digest.bytes[i];
    return value * 16 + digest.bytes[first + 6] % 16;
  };
  return {number(0), number(7)};
}

/// All of the domain's marks, each once, in ascending order.
std::vector<Mark> marks_of_domain(std::vector<Mark> marks, std::size_t d, Sums& sums) {
  const auto sort = [](std::vector<Mark>& all) {
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
  };
  sort(marks);
  std::vector<double> flat;
  for (const Mark& mark : marks)
    flat.insert(flat.end(), mark.begin(), mark.end());
  flat = sums.gather_within_domain(d, flat);
  marks.clear();
  for (std::size_t i = 0; i < flat.size(); i += 2)
    marks.push_back({flat[i], flat[i + 1]});
  sort(marks);
  return marks;
}

}  // namespace

NumberedClusters number_clusters(std::span<const std::string> names, std::size_t d, Sums& sums) {
  std::vector<Mark> marks;
  for (const std::string& name : names)
    marks.push_back(mark_of(name));
  const std::vector<Mark> all = marks_of_domain(marks, d, sums);
  NumberedClusters clusters;
  for (const Mark& mark : marks)
    clusters.of_row.push_back(
        static_cast<std::uint32_t>(std::ranges::lower_bound(all, mark) - all.begin()));
  clusters.count = all.size();
  return clusters;
}

Clusters find_clusters(const ModelConfig& model, const ModelRows& rows, Sums& sums) {
  Clusters clusters;
  for (std::size_t d = 0; d < rows.domains.size(); ++d) {
    const LoadedRows& domain = rows.domains[d];
    auto& of_row = clusters.of_row.emplace_back(domain.rows.blocks() * domain.rows.block_rows());
    if (model.cluster == Cluster::domain) {
      clusters.count.push_back(1);
      continue;
    }
    const NumberedClusters units = number_clusters(domain.units, d, sums);
    auto unit = units.of_row.begin();
    for (std::size_t b = 0; b < domain.rows_of_block.size(); ++b)
      for (std::size_t r = 0; r < domain.rows_of_block[b]; ++r)
        of_row[b * domain.rows.block_rows() + r] = *unit++;
    clusters.count.push_back(units.count);
  }
  return clusters;
}

}  // namespace bailiwick

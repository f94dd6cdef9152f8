// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/vote_groups.hpp"

#include <utility>

#include "lib/core/json.hpp"

namespace bailiwick {

std::size_t VoteGroups::add(std::string name, std::vector<std::string> parts, PartsOf parts_of) {
  parts.emplace_back("others");
  groups_.push_back({std::move(name), std::move(parts), {}});
  parts_of_.push_back(std::move(parts_of));
  return groups_.size() - 1;
}

Counts VoteGroups::count(Run& run, std::span<const VotePatterns> patterns) const {
  const auto layout = layout_of_groups(groups_);
  std::vector<Aggregate> parts;
  for (const VotePatterns& of_domain : patterns) {
    const std::span words = parts.emplace_back(layout).words("rows");
    for (const auto& [votes, rows] : of_domain) {
      std::size_t first = 0;
      for (std::size_t g = 0; g < groups_.size(); ++g) {
        const std::size_t size = groups_[g].parts.size();
        const std::vector<std::size_t> in = parts_of_[g](votes);
        for (const std::size_t part : in)
          words[first + part] += rows;
        if (in.empty()) words[first + size - 1] += rows;
        first += size;
      }
    }
  }
  return count_groups(run, groups_, std::move(parts)).rows;
}

Json told_counts(const std::vector<std::int64_t>& rows, std::size_t size) {
  if (rows.empty()) return {};
  return std::vector<std::int64_t>(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(size));
}

}  // namespace bailiwick

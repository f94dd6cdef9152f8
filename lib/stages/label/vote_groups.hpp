// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/label/dawid_skene.hpp"
#include "lib/stages/quality/divisions.hpp"

namespace bailiwick {

/// Rows that are counted together, by their votes (docs/label.md).
class VoteGroups {
 public:
  /// Those parts that rows of such votes are in, if they are in any; once each.
  using PartsOf = std::function<std::vector<std::size_t>(const Votes&)>;

  /// A group of these parts, and last of all other rows. Returns its number.
  std::size_t add(std::string name, std::vector<std::string> parts, PartsOf parts_of);

  /// Rows of each part of each group; none of a group that policies withhold (count_groups).
  /// `patterns`: of each local domain. Collective over the world.
  Counts count(Run& run, std::span<const VotePatterns> patterns) const;

 private:
  std::vector<Division> groups_;
  std::vector<PartsOf> parts_of_;
};

/// The first of these counts as they are told; null if they are withheld.
Json told_counts(const std::vector<std::int64_t>& rows, std::size_t size);

}  // namespace bailiwick

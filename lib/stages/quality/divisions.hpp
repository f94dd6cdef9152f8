// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/boundary/aggregate.hpp"

// How `quality` counts rows, and what of it policies let it tell (docs/quality.md).
namespace bailiwick {

class Run;

/// A way to divide rows: each is in one of the parts.
struct Division {
  std::string name;                ///< for messages, equal in all domains
  std::vector<std::string> parts;  ///< likewise
  /// Of a row of this rank, in the order in which its d-th local domain's were read.
  std::function<std::size_t(std::size_t d, std::size_t row)> part_of;
};

/// Rows of each part of each division; no numbers at all of a division that is withheld.
using Counts = std::vector<std::vector<std::int64_t>>;

struct DividedRows {
  Counts rows;                                     ///< over all domains
  std::vector<std::vector<std::int64_t>> domains;  ///< that have rows in the part
  std::vector<Counts> own;                         ///< of each local domain, on all its ranks
};

/// Counts rows by these divisions, `rows` of them in each local domain on this rank. Two rounds.
/// The first asks in how many domains each part has rows, and whether a division has a part of
/// fewer rows of a domain, but some, than its LocalDomain::minimum_group_rows, or of fewer domains
/// than minimum.contributors. Such a division is withheld as a whole: no sum of it crosses, so that
/// nobody can take the other parts from the number of all rows. Collective over the world.
DividedRows count_divisions(Run& run, std::span<const Division> divisions,
                            std::span<const std::size_t> rows);

/// The numbers that count_groups() takes of a domain: stream `rows`, the parts of all divisions one
/// after the other.
std::shared_ptr<const AggregateLayout> layout_of_groups(std::span<const Division> divisions);

/// The same of what this rank has counted itself, of each local domain: a row may be in several
/// parts of a division, or in none. `part_of` is not asked.
DividedRows count_groups(Run& run, std::span<const Division> divisions,
                         std::vector<Aggregate> parts);

/// In how many domains each of these things is so. One round. `is_so`: of a local domain, on the
/// rank that leads it. Collective over the world.
std::vector<std::int64_t> count_domains_where(
    Run& run, const std::string& round, std::size_t things,
    const std::function<bool(std::size_t d, std::size_t thing)>& is_so);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/boundary/boundary.hpp"
#include "lib/config/rules.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/model/description.hpp"
#include "lib/model/group_tests.hpp"

// Tests between groups of rows, which `describe` makes (docs/describe.md).
namespace bailiwick {

/// One of describe.tests.
struct ComparisonConfig {
  std::string compare, by;
};

template <class Visitor>
void schema(Visitor& v, ComparisonConfig& comparison) {
  v.key("compare", comparison.compare, "Number or category that is compared.", required);
  v.key("by", comparison.by, "Category whose levels are the groups.", required);
  v.check(comparison.compare != comparison.by || comparison.by.empty(), "by",
          "the groups are those of the category that is compared");
}

/// Moments of a number in each level of a category, for each of these pairs. A group that is
/// constant to twelve digits has variance 0. `centre`: of each number, a value near its mean that
/// everybody knows. Two rounds, in which a domain's groups, each for itself, are made of as many
/// rows as its policy asks for. Collective over the world.
std::vector<std::vector<Group>> group_moments(
    const DescribedColumns& columns, std::span<const DescribedRows> domains,
    std::span<const std::pair<std::size_t, std::size_t>> pairs, std::span<const double> centre,
    Boundary& sums);

/// Whether few rows make most of a group's sum (Magnitudes), in a domain that has some: if not in
/// any, then not of all domains' rows together either.
struct Dominance {
  bool two_make_most = false, largest_is_told = false;
  bool is_defined = true;  ///< no number is below 0
};

/// Of each level, for each of these pairs. One round, of one mark a group and question: in how many
/// domains it is so. Collective over the world.
std::vector<std::vector<Dominance>> group_dominance(
    const DescribedColumns& columns, std::span<const DescribedRows> domains,
    std::span<const std::pair<std::size_t, std::size_t>> pairs, Boundary& sums);

/// As they stand in description.json: of a number, with its groups' means about `centre`; and of a
/// category, of its table by the groups.
Json comparison_json(const ComparisonConfig& names, const std::vector<std::string>& levels,
                     std::span<const Group> groups, std::span<const Dominance> dominance,
                     double centre);
Json comparison_json(const ComparisonConfig& names, std::span<const std::int64_t> table,
                     std::size_t levels);

/// The same for people.
std::string comparison_text(const Json& comparison);

}  // namespace bailiwick

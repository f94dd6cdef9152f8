// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <vector>

// How well an attack on a model tells rows that it was trained on from others, by how sure it is of
// their class (Yeom, Giacomelli, Fredrikson & Jha 2018, with a threshold for each class). Pure
// functions of whole numbers.
namespace bailiwick {

/// Rows of one class in cells of the model's confidence in it, ascending.
struct MembershipCounts {
  std::vector<std::int64_t> members;  ///< rows that it was trained on
  std::vector<std::int64_t> tuning;   ///< others, by which thresholds are chosen …
  std::vector<std::int64_t> testing;  ///< … and others, of which it is said how many are mistaken
};

/// Rows above the thresholds, which the attack takes for members.
struct AttackOutcome {
  std::int64_t found = 0, members = 0;    ///< of the members
  std::int64_t mistaken = 0, others = 0;  ///< of the testing rows

  double true_positive_rate() const;
  double false_positive_rate() const;
};

/// Thresholds as low as they can be with at most this share of each class's tuning rows above.
AttackOutcome attack_at(std::span<const MembershipCounts> classes, double false_positives);
/// Thresholds at which the shares of members and tuning rows above differ most.
AttackOutcome best_attack(std::span<const MembershipCounts> classes);

/// The least, and the largest, probability at which so many of `trials` do not surprise at 97.5 %
/// (Clopper & Pearson 1934).
double least_probability(std::int64_t successes, std::int64_t trials);
double largest_probability(std::int64_t successes, std::int64_t trials);

/// What such an outcome proves at 95 %: no promise of a smaller epsilon, with delta 0, was kept. 0:
/// nothing.
double least_epsilon(const AttackOutcome& outcome);

}  // namespace bailiwick

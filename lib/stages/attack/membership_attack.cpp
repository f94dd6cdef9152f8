// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/attack/membership_attack.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/core/undefined.hpp"
#include "lib/model/distributions.hpp"

namespace bailiwick {

namespace {

constexpr double surprise_level = 0.025;

std::int64_t rows_from(const std::vector<std::int64_t>& cells, std::size_t cut) {
  return std::reduce(cells.begin() + static_cast<std::ptrdiff_t>(cut), cells.end(),
                     std::int64_t{0});
}

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? undefined : static_cast<double>(part) / static_cast<double>(whole);
}

void take_above(const MembershipCounts& of_class, std::size_t cut, AttackOutcome& outcome) {
  outcome.found += rows_from(of_class.members, cut);
  outcome.members += rows_from(of_class.members, 0);
  outcome.mistaken += rows_from(of_class.testing, cut);
  outcome.others += rows_from(of_class.testing, 0);
}

}  // namespace

double AttackOutcome::true_positive_rate() const {
  return share(found, members);
}
double AttackOutcome::false_positive_rate() const {
  return share(mistaken, others);
}

AttackOutcome attack_at(std::span<const MembershipCounts> classes, double false_positives) {
  AttackOutcome outcome;
  for (const MembershipCounts& of_class : classes) {
    const auto most = static_cast<std::int64_t>(
        std::floor(false_positives * static_cast<double>(rows_from(of_class.tuning, 0))));
    std::size_t cut = of_class.members.size();
    while (cut > 0 && rows_from(of_class.tuning, cut - 1) <= most)
      --cut;
    take_above(of_class, cut, outcome);
  }
  return outcome;
}

AttackOutcome best_attack(std::span<const MembershipCounts> classes) {
  AttackOutcome outcome;
  for (const MembershipCounts& of_class : classes) {
    const std::int64_t members = rows_from(of_class.members, 0),
                       tuning = rows_from(of_class.tuning, 0);
    std::size_t best = of_class.members.size();
    double most = 0;
    for (std::size_t cut = 0; members > 0 && tuning > 0 && cut < of_class.members.size(); ++cut) {
      const double advantage = share(rows_from(of_class.members, cut), members) -
                               share(rows_from(of_class.tuning, cut), tuning);
      if (advantage > most) {
        most = advantage;
        best = cut;
      }
    }
    take_above(of_class, best, outcome);
  }
  return outcome;
}

double least_probability(std::int64_t successes, std::int64_t trials) {
  if (successes == 0) return 0;
  const auto k = static_cast<double>(successes),
             above = static_cast<double>(trials - successes + 1);
  double low = 0, high = 1;
  constexpr int digits = 60;
  for (int i = 0; i < digits; ++i) {
    const double middle = (low + high) / 2;
    // P(X >= k), an incomplete beta function.
    const double tail = f_p_value(k * (1 - middle) / (middle * above), 2 * above, 2 * k);
    (tail < surprise_level ? low : high) = middle;
  }
  return low;
}

double largest_probability(std::int64_t successes, std::int64_t trials) {
  return 1 - least_probability(trials - successes, trials);
}

double least_epsilon(const AttackOutcome& outcome) {
  if (outcome.members == 0 || outcome.others == 0) return 0;
  const double found = least_probability(outcome.found, outcome.members),
               mistaken = largest_probability(outcome.mistaken, outcome.others);
  return found > mistaken ? std::log(found / mistaken) : 0;
}

}  // namespace bailiwick

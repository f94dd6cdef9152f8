// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/attack/membership_attack.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

using namespace bailiwick;

TEST_CASE("thresholds are chosen by some of the others and counted in the rest") {
  const std::vector<MembershipCounts> one{{{1, 2, 7}, {6, 3, 1}, {5, 4, 2}}};
  const AttackOutcome few = attack_at(one, 0.1);
  CHECK(few.found == 7);
  CHECK(few.members == 10);
  CHECK(few.mistaken == 2);
  CHECK(few.others == 11);
  CHECK(attack_at(one, 0.05).found == 0);
  CHECK(attack_at(one, 0.4).found == 9);
  CHECK(attack_at(one, 1).found == 10);
  const AttackOutcome best = best_attack(one);
  CHECK(best.found == 7);
  CHECK(best.mistaken == 2);
  // Each class has its own.
  const std::vector<MembershipCounts> two{one.front(), {{4, 0, 0}, {0, 0, 4}, {0, 0, 4}}};
  CHECK(best_attack(two).found == 7);
  CHECK(best_attack(two).members == 14);
}

// R: binom.test(7, 10)$conf.int, binom.test(0, 20)$conf.int
TEST_CASE("bounds of probabilities are Clopper's and Pearson's") {
  CHECK(least_probability(7, 10) == Approx(0.3475471499).epsilon(1e-9));
  CHECK(largest_probability(7, 10) == Approx(0.9332604888).epsilon(1e-9));
  CHECK(least_probability(0, 20) == 0);
  CHECK(largest_probability(0, 20) == Approx(0.1684334710).epsilon(1e-9));
  CHECK(largest_probability(20, 20) == 1);
}

TEST_CASE("an attack proves what its bounds allow, and nothing by chance") {
  CHECK(least_epsilon({50, 100, 50, 100}) == 0);
  CHECK(least_epsilon({0, 0, 0, 0}) == 0);
  const AttackOutcome clear{90, 100, 1, 100};
  CHECK(least_epsilon(clear) ==
        Approx(std::log(least_probability(90, 100) / largest_probability(1, 100))));
  CHECK(least_epsilon(clear) > 2.5);
}

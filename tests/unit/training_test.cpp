// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/model/block_order.hpp"
#include "lib/optim/schedule.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

TEST_CASE("An epoch takes every block once, in steps that are spread over the list") {
  for (const std::size_t blocks : {1, 7, 8, 9, 64, 1000})
    for (const std::size_t a_step : {1, 3, 8, 2000}) {
      BlockOrder order(blocks, a_step, 5);
      std::vector<std::size_t> taken, chosen;
      for (std::uint64_t step = 0; step < order.steps_an_epoch(); ++step) {
        order.blocks_of(step, chosen);
        CHECK(std::ranges::is_sorted(chosen));
        CHECK(chosen.size() <= a_step);
        CHECK(!chosen.empty());
        // A rank that holds half of the list has half of the work, up to one block.
        const auto half =
            std::ranges::count_if(chosen, [&](std::size_t b) { return b < blocks / 2; });
        CHECK(std::abs(2 * half - static_cast<std::ptrdiff_t>(chosen.size())) <= 3);
        CHECK(static_cast<std::size_t>(half) <= order.most_within(0, blocks / 2));
        taken.insert(taken.end(), chosen.begin(), chosen.end());
      }
      std::ranges::sort(taken);
      std::vector<std::size_t> all(blocks);
      std::iota(all.begin(), all.end(), 0);
      CHECK(taken == all);
    }
}

TEST_CASE("The order depends on seed and epoch, and on nothing that was asked before") {
  BlockOrder one(1000, 4, 5), two(1000, 4, 5), other(1000, 4, 6);
  std::vector<std::size_t> a, b;
  one.blocks_of(700, a);
  two.blocks_of(0, b);
  two.blocks_of(700, b);
  CHECK(a == b);
  other.blocks_of(700, b);
  CHECK(a != b);
  one.blocks_of(700 - one.steps_an_epoch(), b);
  CHECK(a != b);
  // Every place of a stretch is as likely: chi-square of where its first block comes, 250 places.
  BlockOrder small(8, 1, 1);
  std::vector<int> first(8, 0);
  for (std::uint64_t epoch = 0; epoch < 8000; ++epoch) {
    small.blocks_of(epoch * small.steps_an_epoch(), a);
    ++first[a[0]];
  }
  double chi = 0;
  for (const int n : first)
    chi += (n - 1000.0) * (n - 1000.0) / 1000.0;
  CHECK(chi < 24.3);  // 7 degrees of freedom: above it once in 1000
}

TEST_CASE("Schedules") {
  const double pi = std::acos(-1.0);
  Schedule cosine{Schedule::Kind::cosine, 110, 10, 0.25};
  CHECK(cosine.fraction(0) == 0.1);
  CHECK(cosine.fraction(9) == 1);
  for (std::uint64_t step = 10; step <= 110; ++step) {
    const double p = static_cast<double>(step - 10) / 100;
    CHECK(std::fabs(cosine.fraction(step) - (0.25 + 0.75 * 0.5 * (1 + std::cos(pi * p)))) < 1e-15);
  }
  CHECK(cosine.fraction(110) == 0.25);
  CHECK(cosine.fraction(60) == 0.625);
  const Schedule linear{Schedule::Kind::linear, 100, 0, 0.5};
  CHECK(linear.fraction(0) == 1);
  CHECK(linear.fraction(50) == 0.75);
  CHECK(linear.fraction(1000) == 0.5);
  const Schedule stairs{Schedule::Kind::step, 100, 0, 0, 30, 0.5};
  CHECK(stairs.fraction(29) == 1);
  CHECK(stairs.fraction(30) == 0.5);
  CHECK(stairs.fraction(95) == 0.125);
  CHECK(Schedule{}.fraction(12345) == 1);
}

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/data/lanes.hpp"
#include "lib/model/row_order.hpp"
#include "lib/optim/schedule.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

TEST_CASE("An epoch takes every row of a lane once, spread evenly over its steps") {
  for (const std::uint64_t rows : {0, 1, 7, 64, 1000})
    for (const std::uint64_t steps : {1, 3, 64, 2000}) {
      RowOrder order(rows, 12345, steps, 5);
      std::vector<std::uint32_t> taken;
      for (std::uint64_t step = 0; step < steps; ++step) {
        const auto chosen = order.rows_of(7 * steps + step);
        CHECK(chosen.size() <= RowOrder::most_of(rows, steps));
        CHECK(chosen.size() + 1 >= RowOrder::most_of(rows, steps));
        taken.insert(taken.end(), chosen.begin(), chosen.end());
      }
      std::ranges::sort(taken);
      std::vector<std::uint32_t> all(rows);
      std::iota(all.begin(), all.end(), 0U);
      CHECK(taken == all);
    }
}

TEST_CASE("Steps of many lanes have about the same number of rows") {
  // 100 lanes of 37 rows in 50 steps: 74 rows a step.
  std::vector<RowOrder> lanes;
  for (std::uint64_t lane = 0; lane < 100; ++lane)
    lanes.emplace_back(37, 37 * lane, 50, 1);
  for (std::uint64_t step = 0; step < 50; ++step) {
    std::size_t rows = 0;
    for (RowOrder& lane : lanes)
      rows += lane.rows_of(step).size();
    CHECK(rows >= 72);
    CHECK(rows <= 76);
  }
}

TEST_CASE("The order depends on seed, epoch and lane, and on nothing that was asked before") {
  const auto rows = [](RowOrder&& order, std::uint64_t step) {
    const auto chosen = order.rows_of(step);
    return std::vector<std::uint32_t>(chosen.begin(), chosen.end());
  };
  RowOrder again(1000, 0, 4, 5);
  again.rows_of(0);
  const auto first = rows(RowOrder(1000, 0, 4, 5), 700);
  CHECK(first == rows(std::move(again), 700));
  CHECK(first != rows(RowOrder(1000, 0, 4, 6), 700));
  CHECK(first != rows(RowOrder(1000, 1000, 4, 5), 700));
  CHECK(first != rows(RowOrder(1000, 0, 4, 5), 696));
  // Every place is as likely: chi-square of the row that comes first, of 8.
  RowOrder small(8, 0, 8, 1);
  std::vector<int> count(8, 0);
  for (std::uint64_t epoch = 0; epoch < 8000; ++epoch)
    ++count[small.rows_of(epoch * 8)[0]];
  double chi = 0;
  for (const int n : count)
    chi += (n - 1000.0) * (n - 1000.0) / 1000.0;
  CHECK(chi < 24.3);  // 7 degrees of freedom: above it once in 1000
}

TEST_CASE("Lanes hold every stored block once, and about as many rows") {
  const std::vector<std::uint64_t> blocks{0, 10, 10, 0, 3, 10, 10, 10, 7, 0};
  for (const std::uint64_t count : {1, 2, 3, 5, 10}) {
    const std::vector<Lane> lanes = cut_into_lanes(blocks, count, 100, 1000);
    CHECK(lanes.size() == count);
    std::uint64_t block = 100, number = 1000;
    for (const Lane& lane : lanes) {
      CHECK(lane.blocks.first == block);
      CHECK(lane.number == number);
      CHECK(lane.rows + 10 >= 60 / count);
      CHECK(lane.rows <= 60 / count + 10);
      block += lane.blocks.count;
      number += lane.rows;
    }
    CHECK(block == 110);
    CHECK(number == 1060);
  }
  CHECK(cut_into_lanes({}, 1, 0, 0).front().blocks.count == 0);
}

TEST_CASE("The rows of a crossing are those that steps take") {
  PartitionManifest one, other;
  one.rows = 30;
  one.block_rows = 4;
  other.rows = 7;
  other.block_rows = 4;
  const std::vector<PartitionManifest> manifests{one, other};
  TrainConfig train;
  const std::uint64_t before = 41, all = 90;
  const auto rows_of_step = [&](std::uint64_t steps, std::uint64_t step) {
    std::uint64_t rows = 0;
    for (const Lane& lane : lanes_of_domain(manifests, train, steps, before))
      rows += RowOrder(lane.rows, lane.number, steps, 1).rows_of(step).size();
    return rows;
  };
  for (const int batch_rows : {1, 2, 3, 7, 16, 40, 90, 1000})
    for (const int block_rows : {1, 4, 64}) {
      train.descent.batch_rows = batch_rows;
      train.descent.block_rows = block_rows;
      train.federated.reset();
      const auto check = [&](std::uint64_t steps) {
        std::uint64_t fewest = 37;
        bool always = true;
        for (std::uint64_t step = 0; step < steps; ++step) {
          const std::uint64_t rows = rows_of_step(steps, step);
          if (rows > 0) fewest = std::min(fewest, rows);
          always = always && rows > 0;
        }
        const auto found = rows_of_rounds(manifests, train, before, all);
        CHECK(found.fewest == fewest);
        CHECK(found.always == always);
      };
      check(steps_for(all, train));
      // Of a federated round the last of many local steps may outweigh all others.
      train.federated.emplace();
      train.federated->local_steps = 50;
      check(steps_for(37, train));
    }
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

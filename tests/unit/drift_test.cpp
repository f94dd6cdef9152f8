// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "lib/stages/monitor/drift.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;

namespace {

/// A row: a number, and whose it is.
struct Row {
  double value;
  std::size_t who;
};

/// Of so many people, each with a few rows that are alike as `alike` says.
std::vector<Row> draw_people(std::size_t people, double alike, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> several(1, 8);
  std::vector<Row> rows;
  for (std::size_t who = 0; who < people; ++who) {
    const double own = normal(random);
    for (int i = several(random); i > 0; --i)
      rows.push_back({std::sqrt(alike) * own + std::sqrt(1 - alike) * normal(random), who});
  }
  return rows;
}

/// In tenths of the first sample. `shared`: the second is of some people of the first.
BinnedSamples bin_rows(const std::array<std::vector<Row>, 2>& samples, bool products,
                       bool shared = false) {
  std::vector<double> sorted;
  for (const Row& row : samples[0])
    sorted.push_back(row.value);
  std::ranges::sort(sorted);
  constexpr std::size_t bins = 10;
  std::vector<double> cuts;
  for (std::size_t i = 1; i < bins; ++i)
    cuts.push_back(sorted[(i * sorted.size() + bins - 1) / bins - 1]);
  std::array<std::vector<std::array<std::int64_t, bins>>, 2> people;
  for (std::size_t s = 0; s < 2; ++s)
    for (const Row& row : samples[s]) {
      if (people[s].size() <= row.who) people[s].resize(row.who + 1);
      ++people[s][row.who]
              [static_cast<std::size_t>(std::ranges::lower_bound(cuts, row.value) - cuts.begin())];
    }
  BinnedSamples binned;
  for (std::size_t s = 0; s < 2; ++s) {
    SampleBins& of = binned.of[s];
    of.rows.assign(bins, 0);
    of.squares = of.with_all = of.rows;
    if (products) binned.products[s].assign(bins * bins, 0);
    if (products) binned.shared.assign(bins * bins, 0);
    for (const auto& counts : people[s]) {
      std::int64_t all = 0;
      for (const std::int64_t n : counts)
        all += n;
      of.all_squares += all * all;
      of.clusters += 1;
      for (std::size_t b = 0; b < bins; ++b) {
        of.rows[b] += counts[b];
        of.squares[b] += counts[b] * counts[b];
        of.with_all[b] += counts[b] * all;
        for (std::size_t c = 0; products && c < bins; ++c)
          binned.products[s][b * bins + c] += counts[b] * counts[c];
      }
    }
  }
  for (std::size_t who = 0; shared && who < std::min(people[0].size(), people[1].size()); ++who)
    for (std::size_t b = 0; b < bins; ++b)
      for (std::size_t c = 0; c < bins; ++c)
        binned.shared[b * bins + c] += people[0][who][b] * people[1][who][c];
  return binned;
}

/// Shares of p-values below 0.05: corrected, and as if rows were independent.
std::array<double, 2> false_alarms(std::size_t before, std::size_t after, double alike,
                                   bool products) {
  constexpr int times = testing::sanitized ? 50 : 1000;
  std::mt19937_64 random(before + after);
  std::array<double, 2> alarms{};
  for (int i = 0; i < times; ++i) {
    const auto test = drift_test(bin_rows(
        {draw_people(before, alike, random), draw_people(after, alike, random)}, products));
    REQUIRE(test.has_value());
    alarms[0] += test->p_value < 0.05 ? 1 : 0;
    alarms[1] += test->rows_p_value < 0.05 ? 1 : 0;
  }
  return {alarms[0] / times, alarms[1] / times};
}

}  // namespace

TEST_CASE("without drift a test at level 0.05 fires that often, whatever clusters there are") {
  for (const double alike : {0.5, 0.8})
    for (const auto& [before, after] : {std::pair<std::size_t, std::size_t>(300, 150), {60, 600}}) {
      const auto [corrected, naive] = false_alarms(before, after, alike, true);
      INFO(before << " and " << after << " people, alike " << alike << ": " << corrected
                  << ", as rows " << naive);
      if (testing::sanitized) continue;  // of so few draws no share is known
      CHECK(corrected > 0.02);
      CHECK(corrected < 0.075);
      CHECK(naive > 3 * corrected);
      CHECK(naive > 0.15);
    }
}

TEST_CASE("of rows by themselves both tests are one but for rounding") {
  const auto [corrected, naive] = false_alarms(400, 300, 0, true);
  if (!testing::sanitized) CHECK(std::fabs(corrected - naive) < 0.03);
}

TEST_CASE("the first moment alone fires hardly more often") {
  const auto [corrected, naive] = false_alarms(300, 150, 0.5, false);
  if (testing::sanitized) return;
  CHECK(corrected > 0.03);
  CHECK(corrected < 0.1);
  CHECK(naive > 2 * corrected);
}

TEST_CASE("people in both samples are no drift, and what they have in common is known") {
  std::mt19937_64 random(3);
  int alarms = 0, unaware = 0;
  for (int i = 0; i < 500; ++i) {
    std::normal_distribution<double> normal;
    std::array<std::vector<Row>, 2> samples;
    for (std::size_t who = 0; who < 300; ++who) {
      const double own = normal(random);
      for (int k = 0; k < 8; ++k)
        samples[k % 2].push_back({0.9 * own + std::sqrt(0.19) * normal(random), who});
    }
    const auto aware = drift_test(bin_rows(samples, true, true));
    BinnedSamples apart = bin_rows(samples, true, false);
    alarms += aware->p_value < 0.05 ? 1 : 0;
    unaware += drift_test(apart)->p_value < 0.05 ? 1 : 0;
  }
  CHECK(alarms > 8);
  CHECK(alarms < 45);
  CHECK(unaware < alarms / 2);
}

TEST_CASE("a few rows cannot be certain") {
  const std::vector<std::int64_t> half{5000, 5000}, three{0, 3}, ten{0, 10};
  const auto p_value = [&](const std::vector<std::int64_t>& current) {
    return drift_test({{single_rows(half), single_rows(current)}, {}, {}})->p_value;
  };
  CHECK(p_value(three) > 0.05);  // 1 in 8 is so
  CHECK(p_value(ten) < 0.01);
}

TEST_CASE("distances of what is there and what is not") {
  const std::vector<std::int64_t> a{10, 20, 0, 0}, b{0, 20, 10, 0}, none{0, 0, 0, 0};
  CHECK(stability_index(a, a) == 0);
  CHECK(jensen_shannon(a, a) == 0);
  CHECK(std::isfinite(stability_index(a, b)));
  CHECK(stability_index(a, b) == Approx(stability_index(b, a)).epsilon(1e-15));
  CHECK(jensen_shannon(std::vector<std::int64_t>{1, 0}, std::vector<std::int64_t>{0, 1}) ==
        Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(largest_difference(a, b) == Approx(1.0 / 3).epsilon(1e-15));
  CHECK_FALSE(drift_test({{single_rows(a), single_rows(none)}, {}, {}}).has_value());
  const std::vector<std::int64_t> one{0, 7, 0, 0};
  CHECK_FALSE(drift_test({{single_rows(one), single_rows(one)}, {}, {}}).has_value());
  CHECK(drift_test({{single_rows(a), single_rows(a)}, {}, {}})->p_value == 1);
}

TEST_CASE("Holm's p-values") {
  CHECK(holm_adjusted(std::vector<double>{0.04, 0.01, 0.03}) ==
        std::vector<double>{0.06, 0.03, 0.06});
  CHECK(holm_adjusted(std::vector<double>{0.9, 0.8}) == std::vector<double>{1, 1});
  CHECK(holm_adjusted({}).empty());
}

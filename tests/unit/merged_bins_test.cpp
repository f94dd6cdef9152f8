// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics/merged_bins.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

/// [domain][bin]: rows.
using Domains = std::vector<std::vector<int>>;

RangeRows rows_in(const Domains& domains, int least, std::size_t first, std::size_t last) {
  bool few = false, any = false;
  for (const std::vector<int>& rows : domains) {
    int sum = 0;
    for (std::size_t b = first; b < last; ++b)
      sum += rows[b];
    few = few || (sum > 0 && sum < least);
    any = any || sum > 0;
  }
  return few ? RangeRows::few : any ? RangeRows::enough : RangeRows::none;
}

/// Asks until it is known.
MergedBins merge(const Domains& domains, int least, std::size_t apart, std::size_t& rounds) {
  MergedBins bins(domains.front().size(), apart);
  for (rounds = 0; !bins.asked().empty(); ++rounds) {
    std::vector<RangeRows> answers;
    for (const BinRange& range : bins.asked())
      answers.push_back(rows_in(domains, least, range.first, range.last));
    bins.answer(answers);
  }
  return bins;
}

}  // namespace

TEST_CASE("cells of merged bins hold enough, cannot be cut, and are found in few rounds") {
  std::mt19937 random(16);
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t bins = 1 + random() % 200, domains_count = 1 + random() % 4;
    const unsigned rare = 1 + random() % 30;
    const int least = 1 + static_cast<int>(random() % 10);
    Domains domains(domains_count, std::vector<int>(bins, 0));
    for (std::vector<int>& rows : domains)
      for (int& in_bin : rows)
        if (random() % rare == 0) in_bin = static_cast<int>(random() % 8);
    std::size_t rounds = 0;
    const std::vector<std::size_t> starts = merge(domains, least, 0, rounds).starts();
    CHECK(static_cast<double>(rounds) <= 3 + std::log2(static_cast<double>(bins)));
    REQUIRE(starts.empty() == (rows_in(domains, least, 0, bins) == RangeRows::few));
    if (starts.empty()) continue;
    REQUIRE(starts.front() == 0);
    REQUIRE(std::ranges::is_sorted(starts));
    if (starts.size() == bins) {
      for (std::size_t b = 0; b < bins; ++b)
        CHECK(rows_in(domains, least, b, b + 1) != RangeRows::few);
      continue;
    }
    for (std::size_t c = 0; c < starts.size(); ++c) {
      const std::size_t end = c + 1 < starts.size() ? starts[c + 1] : bins;
      REQUIRE(starts[c] < end);
      CHECK(cell_of_bin(starts, starts[c]) == c);
      CHECK(cell_of_bin(starts, end - 1) == c);
      CHECK(rows_in(domains, least, starts[c], end) == RangeRows::enough);
      for (std::size_t cut = starts[c] + 1; cut < end; ++cut) {
        const bool both = rows_in(domains, least, starts[c], cut) == RangeRows::enough &&
                          rows_in(domains, least, cut, end) == RangeRows::enough;
        CHECK_FALSE(both);
      }
    }
  }
}

TEST_CASE("bins of which none holds too few stay as they are, after one round") {
  std::size_t rounds = 0;
  CHECK(merge({{5, 0, 7, 5}}, 5, 0, rounds).starts() == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(rounds == 1);
}

TEST_CASE("no cut tells where the first row lies") {
  std::size_t rounds = 0;
  CHECK(merge({{0, 0, 0, 1, 9, 0, 12, 0, 0}}, 10, 0, rounds).starts() ==
        std::vector<std::size_t>{0, 6});
}

TEST_CASE("a bin that is to stay apart does so if it can") {
  std::size_t rounds = 0;
  // Of two values and one that is missing: 3 | 4 6 | 9 could also be 3 4 | 6 9.
  CHECK(merge({{3, 4, 6, 9}}, 7, 3, rounds).starts() == std::vector<std::size_t>{0, 3});
  CHECK(merge({{3, 4, 6, 6}}, 7, 3, rounds).starts() == std::vector<std::size_t>{0, 2});
}

TEST_CASE("counts of bins become those of cells, way by way") {
  const std::vector<std::int64_t> counts{1, 2, 3, 4, 10, 20, 30, 40};
  CHECK(merge_counts(counts, 4, {0, 1, 3}) == std::vector<std::int64_t>{1, 5, 4, 10, 50, 40});
}

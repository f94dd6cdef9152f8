// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/scores/shared_cells.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

constexpr std::size_t bins = 256;
/// [domain][bin]: rows.
using Histogram = std::vector<std::vector<int>>;

std::int64_t domains_in(const Histogram& histogram, std::size_t first, std::size_t last) {
  std::int64_t count = 0;
  for (const std::vector<int>& domain : histogram)
    count += std::any_of(domain.begin() + static_cast<std::ptrdiff_t>(first),
                         domain.begin() + static_cast<std::ptrdiff_t>(last),
                         [](int rows) { return rows > 0; });
  return count;
}

SharedRanges ask(const Histogram& histogram, std::uint64_t enough) {
  SharedRanges ranges(bins, enough);
  while (!ranges.asked().empty()) {
    std::vector<std::int64_t> answers;
    for (const BinRange& range : ranges.asked()) {
      answers.push_back(domains_in(histogram, range.first, range.last));
    }
    ranges.answer(answers);
  }
  return ranges;
}

std::optional<SharedCells> cells_of(const std::vector<Histogram>& histograms,
                                    std::uint64_t enough) {
  std::vector<SharedRanges> ranges;
  for (const Histogram& histogram : histograms)
    ranges.push_back(ask(histogram, enough));
  return shared_cells(ranges, bins / 2);
}

/// The promise: in every cell each histogram is empty or of enough domains.
void check_promise(const std::vector<Histogram>& histograms, const SharedCells& cells,
                   std::int64_t enough) {
  REQUIRE(cells.starts.front() == 0);
  CHECK(std::ranges::is_sorted(cells.starts));
  for (std::size_t c = 0; c < cells.starts.size(); ++c) {
    const std::size_t end = c + 1 < cells.starts.size() ? cells.starts[c + 1] : bins;
    REQUIRE(cells.starts[c] < end);
    CHECK(cells.cell_of(cells.starts[c]) == c);
    CHECK(cells.cell_of(end - 1) == c);
    for (const Histogram& histogram : histograms) {
      const std::int64_t domains = domains_in(histogram, cells.starts[c], end);
      CHECK((domains == 0 || domains >= enough));
    }
  }
}

Histogram empty(std::size_t domains) {
  return Histogram(domains, std::vector<int>(bins, 0));
}

}  // namespace

TEST_CASE("no cell holds a count of too few domains, whatever they have") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const std::size_t domains = 2 + random() % 4;
    const std::uint64_t enough = 2 + random() % (domains - 1);
    const unsigned rare = 1 + random() % 60;
    std::vector<Histogram> histograms(2, empty(domains));
    for (Histogram& histogram : histograms)
      for (std::vector<int>& domain : histogram)
        for (int& rows : domain)
          rows = random() % rare == 0 ? 1 : 0;
    const auto cells = cells_of(histograms, enough);
    if (cells) {
      check_promise(histograms, *cells, static_cast<std::int64_t>(enough));
    } else {  // only if there is no other way
      CHECK(std::ranges::any_of(histograms, [&](const Histogram& histogram) {
        const std::int64_t in_all = domains_in(histogram, 0, bins);
        return in_all > 0 && in_all < static_cast<std::int64_t>(enough);
      }));
    }
  }
}

TEST_CASE("cells are as fine as the domains share them") {
  std::vector<Histogram> histograms(2, empty(3));
  for (Histogram& histogram : histograms)
    for (std::vector<int>& domain : histogram)
      std::ranges::fill(domain, 1);
  CHECK(cells_of(histograms, 2)->starts.size() == bins);
  // One row far out, in one domain, joins what is next to it and nothing else.
  std::vector<Histogram> outlier(2, empty(3));
  for (Histogram& histogram : outlier)
    for (std::vector<int>& domain : histogram)
      std::fill(domain.begin() + 100, domain.end(), 1);
  outlier[0][1][3] = 1;
  const auto cells = cells_of(outlier, 2);
  CHECK(cells->starts.size() == bins - 100);
  CHECK(cells->cell_of(3) == cells->cell_of(100));
  CHECK(cells->cell_of(100) + 1 == cells->cell_of(101));
  CHECK(cells->is_cut);
}

TEST_CASE("a label that one domain alone has cannot be shared, and a side of the cut may be") {
  std::vector<Histogram> histograms(2, empty(3));
  for (std::vector<int>& domain : histograms[1])
    std::ranges::fill(domain, 1);
  histograms[0][2][200] = 7;
  CHECK_FALSE(cells_of(histograms, 2));
  histograms[0][1][20] = 1;  // another domain, on the other side: all together may be told
  const auto whole = cells_of(histograms, 2);
  REQUIRE(whole);
  CHECK_FALSE(whole->is_cut);
  check_promise(histograms, *whole, 2);
  CHECK(cells_of(std::vector<Histogram>(2, empty(3)), 2)->starts ==
        std::vector<std::size_t>{0, bins / 2});
}

TEST_CASE("nobody is asked about the halves of what too few domains have") {
  Histogram histogram = empty(3);
  histogram[0][5] = 1;
  histogram[1][6] = 1;
  SharedRanges ranges(bins, 2);
  std::size_t asked = 0;
  while (!ranges.asked().empty()) {
    asked += ranges.asked().size();
    std::vector<std::int64_t> answers;
    for (const BinRange& range : ranges.asked())
      answers.push_back(domains_in(histogram, range.first, range.last));
    ranges.answer(answers);
  }
  // Down to [4, 8), whose halves have one domain each: bin 5 itself is never named.
  CHECK(asked == 1 + 2 * 7);
  CHECK(ranges.shared() == std::vector<BinRange>{{4, 8}});
  CHECK(ranges.occupied() == std::vector<BinRange>{{4, 6}, {6, 8}});
}

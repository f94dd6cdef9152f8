// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/scores/shared_cells.hpp"

#include <algorithm>
#include <bit>

#include "lib/core/error.hpp"

namespace bailiwick {

SharedRanges::SharedRanges(std::size_t bins, std::uint64_t enough)
    : bins_(bins), enough_(static_cast<std::int64_t>(enough)), asked_{{0, bins}} {
  ensure(std::has_single_bit(bins), "bins can be halved until they are one");
}

void SharedRanges::answer(std::span<const std::int64_t> domains) {
  ensure(domains.size() == asked_.size(), "one answer for each range that was asked about");
  std::vector<BinRange> next, parents;
  // All but the first time ranges come in pairs, the halves of `parents_`.
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto [first, last] = asked_[i];
    if (domains[i] >= enough_ && last - first > 1) {
      next.push_back({first, (first + last) / 2});
      next.push_back({(first + last) / 2, last});
      parents.push_back(asked_[i]);
      continue;
    }
    if (domains[i] > 0) occupied_.push_back(asked_[i]);
    if (domains[i] >= enough_) shared_.push_back(asked_[i]);
  }
  for (std::size_t p = 0; p < parents_.size(); ++p)
    if (domains[2 * p] < enough_ && domains[2 * p + 1] < enough_) shared_.push_back(parents_[p]);
  asked_ = std::move(next);
  parents_ = std::move(parents);
  const auto by_first = [](const BinRange& a, const BinRange& b) { return a.first < b.first; };
  std::ranges::sort(occupied_, by_first);
  std::ranges::sort(shared_, by_first);
}

std::size_t SharedCells::cell_of(std::size_t bin) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(starts, bin) - starts.begin()) - 1;
}

namespace {

/// One histogram, from bin to bin: whether what was passed since a cell began is fit to be one.
class Passage {
 public:
  Passage(const SharedRanges& ranges, std::size_t first)
      : ranges_(ranges), begin_(first), some_(ranges.bins(), 0) {
    for (const BinRange& range : ranges.occupied())
      std::fill(some_.begin() + static_cast<std::ptrdiff_t>(range.first),
                some_.begin() + static_cast<std::ptrdiff_t>(range.last), 1);
  }

  void pass(std::size_t bin) {
    occupied_ = occupied_ || some_[bin];
    for (; next_ < ranges_.shared().size() && ranges_.shared()[next_].last <= bin + 1; ++next_)
      shared_ = shared_ || ranges_.shared()[next_].first >= begin_;
  }
  bool empty() const { return !occupied_; }
  bool fit() const { return !occupied_ || shared_; }
  bool shared() const { return shared_; }
  void begin(std::size_t bin) {
    begin_ = bin;
    occupied_ = shared_ = false;
  }

 private:
  const SharedRanges& ranges_;
  std::size_t begin_, next_ = 0;
  std::vector<char> some_;
  bool occupied_ = false, shared_ = false;
};

/// Cells of [first, last), each closed as soon as it may be.
std::optional<std::vector<std::size_t>> cells_of(std::span<const SharedRanges> histograms,
                                                 std::size_t first, std::size_t last) {
  struct Cell {
    std::size_t start;
    std::vector<char> empty, shared;  ///< of each histogram
  };
  std::vector<Passage> passages;
  for (const SharedRanges& ranges : histograms)
    passages.emplace_back(ranges, first);
  std::vector<Cell> cells;
  std::size_t start = first;
  const auto close = [&](std::size_t next) {
    Cell& cell = cells.emplace_back(Cell{start, {}, {}});
    for (Passage& passage : passages) {
      cell.empty.push_back(passage.empty());
      cell.shared.push_back(passage.shared());
      passage.begin(next);
    }
    start = next;
  };
  for (std::size_t bin = first; bin < last; ++bin) {
    for (Passage& passage : passages)
      passage.pass(bin);
    const bool fit = std::ranges::all_of(passages, &Passage::fit);
    const bool empty = std::ranges::all_of(passages, &Passage::empty);
    if (fit && !empty) close(bin + 1);
  }
  if (start < last) close(last);
  // The last may hold too few: it joins the one before until it does not.
  const auto unfit = [&](const Cell& cell) {
    for (std::size_t h = 0; h < histograms.size(); ++h)
      if (!cell.empty[h] && !cell.shared[h]) return true;
    return false;
  };
  while (cells.size() > 1 && unfit(cells.back())) {
    const Cell rest = std::move(cells.back());
    cells.pop_back();
    for (std::size_t h = 0; h < histograms.size(); ++h) {
      cells.back().empty[h] = cells.back().empty[h] && rest.empty[h];
      cells.back().shared[h] = cells.back().shared[h] || rest.shared[h];
    }
  }
  if (unfit(cells.front())) return {};
  std::vector<std::size_t> starts;
  for (const Cell& cell : cells)
    starts.push_back(cell.start);
  return starts;
}

}  // namespace

std::optional<SharedCells> shared_cells(std::span<const SharedRanges> histograms, std::size_t cut) {
  const std::size_t bins = histograms.front().bins();
  auto below = cells_of(histograms, 0, cut), above = cells_of(histograms, cut, bins);
  if (below && above) {
    below->insert(below->end(), above->begin(), above->end());
    return SharedCells{std::move(*below), true};
  }
  if (auto whole = cells_of(histograms, 0, bins)) return SharedCells{std::move(*whole), false};
  return {};
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics/merged_bins.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

MergedBins::MergedBins(std::size_t bins, std::size_t apart) : bins_(bins), apart_(apart) {
  if (bins == 0) return;
  asked_.push_back({0, bins});
  for (std::size_t b = 0; b < bins; ++b)
    asked_.push_back({b, b + 1});
}

void MergedBins::open(Cell cell) {
  if (cell.cuts.empty()) return starts_.push_back(cell.bins.first);
  for (const std::size_t cut : cell.cuts) {
    asked_.push_back({cell.bins.first, cut});
    asked_.push_back({cut, cell.bins.last});
  }
  cells_.push_back(std::move(cell));
}

void MergedBins::answer(const std::vector<RangeRows>& rows) {
  ensure(rows.size() == asked_.size(), "one answer for each range that was asked about");
  asked_.clear();
  if (!asked_of_bins_) {
    asked_of_bins_ = true;
    if (rows.front() == RangeRows::few) return;
    if (std::ranges::find(rows, RangeRows::few) == rows.end()) {
      starts_.resize(bins_);
      return std::iota(starts_.begin(), starts_.end(), std::size_t{0});
    }
    Cell all{{0, bins_}, std::vector<std::size_t>(bins_ - 1)};
    std::iota(all.cuts.begin(), all.cuts.end(), std::size_t{1});
    return open(std::move(all));
  }
  std::size_t at = 0;
  for (Cell& cell : std::exchange(cells_, {})) {
    // A cut that leaves enough on both sides here is the only kind that can in a part of the cell:
    // cut in the midst of them, they are halved each time.
    std::vector<std::size_t> cuts;
    for (const std::size_t cut : cell.cuts) {
      if (rows[at] == RangeRows::enough && rows[at + 1] == RangeRows::enough) cuts.push_back(cut);
      at += 2;
    }
    if (cuts.empty()) {
      open({cell.bins, {}});
      continue;
    }
    const auto first = std::ranges::find(cuts, apart_);
    const auto middle =
        first != cuts.end() ? first : cuts.begin() + static_cast<std::ptrdiff_t>(cuts.size() / 2);
    open({{cell.bins.first, *middle}, {cuts.begin(), middle}});
    open({{*middle, cell.bins.last}, {middle + 1, cuts.end()}});
  }
  std::ranges::sort(starts_);
}

std::size_t cell_of_bin(const std::vector<std::size_t>& starts, std::size_t bin) {
  return static_cast<std::size_t>(std::ranges::upper_bound(starts, bin) - starts.begin()) - 1;
}

std::vector<std::int64_t> merge_counts(std::span<const std::int64_t> of_bins, std::size_t bins,
                                       const std::vector<std::size_t>& starts) {
  std::vector<std::int64_t> merged(of_bins.size() / bins * starts.size(), 0);
  for (std::size_t i = 0; i < of_bins.size(); ++i)
    merged[i / bins * starts.size() + cell_of_bin(starts, i % bins)] += of_bins[i];
  return merged;
}

}  // namespace bailiwick

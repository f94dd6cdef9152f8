// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/scores/score_cells.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/model/scores/labels.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t counts_a_round = 65536, most_cuts = 4096;
constexpr int most_rounds = 8;
constexpr std::uint64_t sign = std::uint64_t{1} << 63;

/// Ascending as the scores are; -0 is 0.
std::uint64_t ordered(double score) {
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

double score_of(std::uint64_t ordered) {
  return std::bit_cast<double>((ordered & sign) != 0 ? ordered ^ sign : ~ordered);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The smallest score of the bin or of those above: bins end where their rounding says.
std::uint64_t first_score(std::size_t bin) {
  std::uint64_t below = ordered(-infinity), above = ordered(infinity);
  if (bin == 0) return below;
  while (above - below > 1) {
    const std::uint64_t middle = below + (above - below) / 2;
    (auc_bin(score_of(middle)) < bin ? below : above) = middle;
  }
  return above;
}

/// Pairs of an event with another row or event of its cell, of which the order is not known.
std::int64_t open_pairs(const ScoreCell& cell) {
  return cell.is_one_score() ? 0 : cell.events * (cell.events - 1 + cell.others);
}

}  // namespace

std::size_t auc_bin(double eta) {
  const double scaled = (eta + 16) * auc_bins_per_unit;
  return static_cast<std::size_t>(scaled >= 0 ? std::min(scaled, static_cast<double>(auc_bins - 1))
                                              : 0.0);
}

OrderedScores::OrderedScores(const kernels::RowBlocks& rows, const Predictor& eta) {
  const auto predictor = host_copy(eta);
  Aggregate nothing(std::make_shared<const AggregateLayout>(std::vector<Stream>{}));
  for_each_label(rows, nothing, [&](std::size_t b, std::size_t r, const Labels& its) {
    rows_.push_back({ordered(predictor(b, 0, r)), its.events, its.others});
  });
  std::ranges::sort(rows_, {}, &Row::score);
}

ScoreCells::ScoreCells(const Aggregate& total) {
  const auto events = total.words("positives"), others = total.words("negatives");
  for (std::size_t bin = 0; bin < auc_bins; ++bin)
    if (events[bin] + others[bin] > 0)
      cells_.push_back({first_score(bin),
                        bin + 1 < auc_bins ? first_score(bin + 1) - 1 : ordered(infinity),
                        events[bin], others[bin]});
  if (total.saturated() == 0) plan();
}

void ScoreCells::plan() {
  cuts_.clear();
  if (rounds_ == most_rounds) return;
  for (std::size_t i = 0; i < cells_.size(); ++i)
    if (open_pairs(cells_[i]) > 0) cuts_.push_back({i, 0, 0});
  if (cuts_.size() > most_cuts) {
    const auto rank = [&](const Cut& cut) {
      return std::pair(-open_pairs(cells_[cut.cell]), cut.cell);
    };
    std::ranges::nth_element(cuts_, cuts_.begin() + most_cuts, {}, rank);
    cuts_.resize(most_cuts);
    std::ranges::sort(cuts_, {}, &Cut::cell);
  }
  if (cuts_.empty()) return;
  const int digits = std::bit_width(counts_a_round / cuts_.size()) - 1;
  std::size_t size = 0;
  for (Cut& cut : cuts_) {
    const ScoreCell& cell = cells_[cut.cell];
    cut.shift = std::max(0, static_cast<int>(std::bit_width(cell.last - cell.first)) - digits);
    cut.to = size;
    size += parts(cut);
  }
  layout_ = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"positives", size, counts}, {"negatives", size, counts}});
}

Aggregate ScoreCells::count(const OrderedScores& scores) const {
  Aggregate sum(layout_);
  const auto events = sum.words("positives"), others = sum.words("negatives");
  auto row = scores.rows().begin();
  for (const Cut& cut : cuts_) {
    const ScoreCell& cell = cells_[cut.cell];
    row = std::ranges::lower_bound(row, scores.rows().end(), cell.first, {},
                                   &OrderedScores::Row::score);
    for (; row != scores.rows().end() && row->score <= cell.last; ++row) {
      const std::size_t to = cut.to + ((row->score - cell.first) >> cut.shift);
      events[to] += row->events;
      others[to] += row->others;
    }
  }
  return sum;
}

void ScoreCells::answer(const Aggregate& total) {
  const auto events = total.words("positives"), others = total.words("negatives");
  std::vector<ScoreCell> finer;
  auto cut = cuts_.begin();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const ScoreCell& cell = cells_[i];
    if (cut == cuts_.end() || cut->cell != i) {
      finer.push_back(cell);
      continue;
    }
    Labels found{0, 0};
    for (std::size_t part = 0; part < parts(*cut); ++part) {
      const std::size_t at = cut->to + part;
      if (events[at] + others[at] == 0) continue;
      const std::uint64_t first = cell.first + (std::uint64_t{part} << cut->shift);
      const std::uint64_t step = (std::uint64_t{1} << cut->shift) - 1;
      finer.push_back(
          {first, cell.last - first < step ? cell.last : first + step, events[at], others[at]});
      found.events += events[at];
      found.others += others[at];
    }
    ensure(found.events == cell.events && found.others == cell.others,
           "the parts of a cell hold its rows");
    ++cut;
  }
  cells_ = std::move(finer);
  ++rounds_;
  plan();
}

std::size_t ScoreCells::half() const {
  return static_cast<std::size_t>(
      std::ranges::lower_bound(cells_, first_score(auc_bins / 2), {}, &ScoreCell::first) -
      cells_.begin());
}

}  // namespace bailiwick

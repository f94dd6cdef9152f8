// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/boundary/aggregate.hpp"

namespace bailiwick {

/// Linear predictors (block, output, row), as kernels::linear_predictor leaves them.
using Predictor = Kokkos::View<double***, Kokkos::LayoutRight, kernels::Memory>;

/// Bins of the histograms from which the area under the ROC curve is computed: public ones, 2^-11
/// wide, of the linear predictor on [-16, 16).
inline constexpr std::size_t auc_bins = 65536;
inline constexpr double auc_bins_per_unit = 2048;
/// What lies outside goes to the first and the last.
std::size_t auc_bin(double eta);

/// The scores of one domain's rows on this rank, ascending, as whole numbers of the same order:
/// there are no scores between those of neighbouring numbers. 24 bytes a row.
class OrderedScores {
 public:
  struct Row {
    std::uint64_t score;
    std::int64_t events, others;
  };

  OrderedScores(const kernels::RowBlocks& rows, const Predictor& eta);
  std::span<const Row> rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
};

/// Counts by label of the rows whose scores lie in [first, last].
struct ScoreCell {
  std::uint64_t first, last;
  std::int64_t events, others;

  bool is_one_score() const { return first == last; }
};

/// The histograms of scores, cut finer round by round where rows of a cell might come in several
/// orders that a measure tells apart: those with an event, of more than one possible score. A round
/// counts at most 65,536 cells for each label, of which no word is published. What is cut follows
/// from totals alone, so that all ranks cut alike.
class ScoreCells {
 public:
  /// Of the streams "positives" and "negatives", by auc_bin. Of a total that is saturated nothing
  /// is cut.
  explicit ScoreCells(const Aggregate& total);

  /// Whether another round is due: something is open, and fewer than eight have been.
  bool open() const { return !cuts_.empty(); }
  /// What a domain adds to the next round.
  Aggregate count(const OrderedScores& scores) const;
  /// The total of that round.
  void answer(const Aggregate& total);

  /// Those that are not empty, ascending.
  std::span<const ScoreCell> cells() const { return cells_; }
  /// The first of them at probability 1/2 or above.
  std::size_t half() const;

 private:
  /// A cell to be cut into equal ranges of 2^shift scores, whose counts begin at `to`.
  struct Cut {
    std::size_t cell;
    int shift;
    std::size_t to;
  };
  std::size_t parts(const Cut& cut) const {
    return ((cells_[cut.cell].last - cells_[cut.cell].first) >> cut.shift) + 1;
  }
  void plan();

  std::vector<ScoreCell> cells_;
  std::vector<Cut> cuts_;  ///< of the next round, ascending
  std::shared_ptr<const AggregateLayout> layout_;
  int rounds_ = 0;
};

}  // namespace bailiwick

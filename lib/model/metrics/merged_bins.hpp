// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/model/scores/shared_cells.hpp"

namespace bailiwick {

/// What a range of bins holds: rows that are too few to be told, none, or enough.
enum class RangeRows { few, none, enough };

/// Puts neighbouring bins of a table together until each cell holds enough, and no more than that
/// takes: no cell can be cut in two that both do. Bins stay as they are if none holds too few; else
/// those without a row go with their neighbours, as a cut beside them would tell where the next row
/// lies. What a range holds is asked, which costs a round each time, of at most a dozen for a
/// thousand bins. Two neighbours that hold enough must do so together. Every rank gets the same
/// answers.
class MergedBins {
 public:
  /// `apart`: a bin, or 0, at which a cell is cut first of all if it can be.
  explicit MergedBins(std::size_t bins, std::size_t apart = 0);

  /// Ranges of which is to be said next what they hold; none: it is known.
  const std::vector<BinRange>& asked() const { return asked_; }
  void answer(const std::vector<RangeRows>& rows);

  /// Of each cell, ascending, the first 0. Nothing if all bins together hold too few.
  const std::vector<std::size_t>& starts() const { return starts_; }

 private:
  /// A cell, and where it might be cut.
  struct Cell {
    BinRange bins;
    std::vector<std::size_t> cuts;
  };

  void open(Cell cell);

  std::size_t bins_, apart_;
  bool asked_of_bins_ = false;
  std::vector<Cell> cells_;
  std::vector<BinRange> asked_;
  std::vector<std::size_t> starts_;
};

/// Counts of bins, row after row of `bins` each, added up to those of the cells.
std::vector<std::int64_t> merge_counts(std::span<const std::int64_t> of_bins, std::size_t bins,
                                       const std::vector<std::size_t>& starts);

/// The cell of a bin.
std::size_t cell_of_bin(const std::vector<std::size_t>& starts, std::size_t bin);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bailiwick {

/// Bins [first, last) of a histogram.
struct BinRange {
  std::size_t first = 0, last = 0;
  bool operator==(const BinRange&) const = default;
};

/// Finds out where a histogram that several domains add up holds enough of them, without asking
/// more than that takes: ranges of bins are halved as long as enough domains have something in
/// them. Asking costs a round each time; every rank gets the same answers.
class SharedRanges {
 public:
  /// `enough`: domains. `bins` is a power of two.
  SharedRanges(std::size_t bins, std::uint64_t enough);

  /// Ranges of which the domains are to be counted next; none: it is known.
  const std::vector<BinRange>& asked() const { return asked_; }
  /// In how many domains each of those is not empty.
  void answer(std::span<const std::int64_t> domains);

  std::size_t bins() const { return bins_; }
  /// The smallest ranges known to hold enough domains, ascending.
  const std::vector<BinRange>& shared() const { return shared_; }
  /// Ranges outside of which there is nothing, ascending: those in `shared`, and those of too few.
  const std::vector<BinRange>& occupied() const { return occupied_; }

 private:
  std::size_t bins_;
  std::int64_t enough_;
  std::vector<BinRange> asked_, parents_, shared_, occupied_;
};

/// Cuts the bins into cells, as fine as can be told, such that in every cell each of these
/// histograms is empty or holds enough domains. With a cut at `cut` if that is possible, which
/// `is_cut` says. None if not even all bins together make such a cell.
struct SharedCells {
  std::vector<std::size_t> starts;  ///< of each cell, ascending, the first 0
  bool is_cut = false;

  /// The cell of a bin.
  std::size_t cell_of(std::size_t bin) const;
};
std::optional<SharedCells> shared_cells(std::span<const SharedRanges> histograms, std::size_t cut);

}  // namespace bailiwick

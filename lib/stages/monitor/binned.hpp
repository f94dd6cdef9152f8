// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/stages/monitor/drift.hpp"

namespace bailiwick {

/// Bins of one column: up to each cut and above all of them, or the levels of a category; last, of
/// numbers that may be missing, rows without a value.
struct ColumnBins {
  std::vector<double> cuts;  ///< ascending; the bin below has its end
  std::size_t count = 0;     ///< of bins
  bool missing = false;      ///< the last is that of missing values
  /// Where bins were put together: how many there were, and the first in each that is left.
  std::size_t merged_from = 0;
  std::vector<std::size_t> starts;
  bool missing_within = false;  ///< missing values are in the last of those, with others
  std::string reason;           ///< why there are none, if so
};

/// Rows of both samples in bins, summed over all domains.
struct BinnedTable {
  std::vector<ColumnBins> bins;
  std::array<std::int64_t, 2> clusters{};             ///< of each sample
  std::vector<BinnedSamples> columns;                 ///< [column]
  std::vector<std::vector<BinnedSamples>> of_domain;  ///< [local domain][column], on who leads it
};

/// This rank's rows, by their bins.
struct BinnedRows {
  /// [sample][local domain][column][row]; nothing of columns without bins.
  std::array<std::vector<std::vector<std::vector<std::uint32_t>>>, 2> bin;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/boundary/sums.hpp"

namespace bailiwick {

/// What maps raw columns to standardised ones: (x_j - centre_j) * scale_j, as kernels::standardise
/// takes them.
struct ColumnMoments {
  std::vector<double> centre;  ///< weighted mean; 0 for the intercept and where nothing is centred
  std::vector<double> scale;   ///< 1 / weighted sample standard deviation; 1 for the intercept
  double rows = 0;             ///< sum of weights
  std::uint64_t counted = 0;   ///< rows of non-zero weight; of trials: those

  double mean_weight() const { return rows / static_cast<double>(counted); }
};

struct ColumnSelection {
  std::vector<std::string> names;        ///< one a column, for messages
  std::optional<std::size_t> intercept;  ///< the column of ones, left alone
  /// A linear model without an intercept cannot undo centring; it is only scaled.
  bool centre = true;
  /// A column that is constant gets scale 0, so that all its values become 0, instead of an error:
  /// one domain may not have measured what the others did.
  bool constant_says_nothing = false;
  /// Its centre is its mean all the same, for those who describe it.
  bool constant_has_centre = false;
  /// Not standardised, only brought to order: nothing is centred, and the scale is the power of two
  /// that brings a column's root mean square to where sums keep its digits (excess_power).
  bool powers_only = false;
};

/// Moments over all domains, in two rounds: means, then squares about them, divided by
/// sum w (n - 1) / n for the n rows of non-zero weight, so that a factor common to all weights
/// changes nothing. Collective over the world. Throws ExitCode::data naming a constant column.
ColumnMoments pooled_moments(std::span<const kernels::RowBlocks> domains, std::uint64_t n,
                             const ColumnSelection& columns, Sums& sums);

/// The same of this rank's d-th domain alone; nothing leaves it. Collective over that domain.
ColumnMoments domain_moments(const kernels::RowBlocks& rows, std::uint64_t n, std::size_t d,
                             const ColumnSelection& columns, Sums& sums);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/boundary/sums.hpp"

namespace bailiwick {

/// What a GLM needs to know of the response alone.
struct ResponseTotals {
  double rows = 0;              ///< of non-zero weight
  double whole = 0;             ///< of them, those that the family's likelihood is a probability of
  double weight = 0;            ///< sum of weights
  double squares = 0;           ///< sum of w y^2
  double mean = 0;              ///< sum of w y / sum of w; multinomial: not used
  std::vector<double> classes;  ///< multinomial: sum of weights of each
  double saturated_log_likelihood = 0;  ///< of the model that fits every row, in glm_sums' terms
  double null_log_likelihood =
      0;  ///< of the intercept alone, or of eta = 0 without one; same terms; not with an offset
  double constant = 0;  ///< what glm_sums leaves out: the families' constant()

  /// Root mean square.
  double size() const;
  /// The whole log-likelihood where glm_sums says `sum`.
  double log_likelihood(kernels::Family family, double sum) const;
};

/// Weighted mean and root mean square of the offset.
struct OffsetTotals {
  double mean, size;
};

/// One round. Collective over the world.
OffsetTotals offset_totals(std::span<const kernels::RowBlocks> domains, Sums& sums);

/// `copies`: a row's weight is the number of equal rows that it stands for. One round (gaussian
/// with an intercept: two). Collective over the world. Throws ExitCode::data for a response that
/// the family cannot have, naming the row.
ResponseTotals response_totals(std::span<const kernels::RowBlocks> domains, kernels::Family family,
                               std::size_t classes, bool intercept, bool copies, Sums& sums);

/// Pearson's chi-square of a fit: sum of w (y - mean)^2 / variance(mean). `theta`: of the columns
/// as they are here. One round. Collective over the world.
double pearson(std::span<const kernels::RowBlocks> domains, kernels::Family family,
               std::span<const double> theta, Sums& sums);

}  // namespace bailiwick

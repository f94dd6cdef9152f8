// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// Whether two samples of rows, each counted in the same bins, are of one distribution
// (docs/monitor.md). Pure functions of whole numbers.
namespace bailiwick {

/// What of a sample is needed to say how far its shares may be off by chance: sums over its
/// clusters c, of which n_c are all rows and n_cb those in bin b.
struct SampleBins {
  std::vector<std::int64_t> rows;      ///< of each bin: of n_cb
  std::vector<std::int64_t> squares;   ///< of each bin: of n_cb n_cb
  std::vector<std::int64_t> with_all;  ///< of each bin: of n_cb n_c
  std::int64_t all_squares = 0;        ///< of n_c n_c
  std::int64_t clusters = 0;           ///< with rows

  std::int64_t count() const;
};

/// Every row is a cluster by itself.
SampleBins single_rows(std::span<const std::int64_t> rows);

struct BinnedSamples {
  std::array<SampleBins, 2> of;  ///< reference, current
  /// Sums over clusters of n_cb n_cb' of all pairs of bins (row-major), in each sample, and of the
  /// reference's n_cb with the current's n_cb'. Or empty: of these nothing is known, and no cluster
  /// is taken to be in both.
  std::array<std::vector<std::int64_t>, 2> products;
  std::vector<std::int64_t> shared;
};

/// Population stability index: sum of (q - p) ln (q / p) over bins with rows in either sample, with
/// half a row added to each count, so that no share is 0.
double stability_index(std::span<const std::int64_t> reference,
                       std::span<const std::int64_t> current);

/// Jensen-Shannon divergence of the shares, natural logarithm (Lin, IEEE Trans. Inf. Theory 37
/// (1991) 145).
double jensen_shannon(std::span<const std::int64_t> reference,
                      std::span<const std::int64_t> current);

/// The largest difference of the shares of rows up to the end of a bin (Kolmogorov-Smirnov).
double largest_difference(std::span<const std::int64_t> reference,
                          std::span<const std::int64_t> current);

/// Whether the samples are of one distribution, by Rao & Scott's test (Annals of Statistics 12
/// (1984) 46).
struct DriftTest {
  double distance = 0;   ///< sum of (q - p)^2 / r, r the shares of both together
  double statistic = 0;  ///< corrected, chi-squared if there is no drift …
  double freedom = 0;    ///< … on so many degrees of freedom
  double p_value = 1;
  double rows_p_value = 1;  ///< Pearson's, as if rows were independent of each other
  /// How much further the shares of a sample may be off than those of as many rows by themselves.
  std::array<double, 2> design_effect{1, 1};
};

/// By moments up to the second where products are known (Satterthwaite), else up to the first.
/// Nothing where all rows of both lie in one bin, or a sample has none.
std::optional<DriftTest> drift_test(const BinnedSamples& samples);

/// P-values for the question whether any of them is small (Holm, Scand. J. Statistics 6 (1979) 65).
std::vector<double> holm_adjusted(std::span<const double> p_values);

}  // namespace bailiwick

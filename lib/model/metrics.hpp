// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/boundary/aggregate.hpp"
#include "lib/model/shared_cells.hpp"

// How well a model predicts. Each kind has the layout of its sums, a function that adds the rows of
// one domain on this rank, and one that reads the total over all ranks and domains. Rows of
// non-zero weight count once each. Sums are integers over rows: the same bits for any split.
// What these rows do not define is not a number: a mean of no rows, an area of one label, a share
// of a variation that there is not.
namespace bailiwick {

/// Linear predictors (block, output, row), as kernels::linear_predictor leaves them.
using Predictor = Kokkos::View<double***, Kokkos::LayoutRight, kernels::Memory>;

/// The area under the ROC curve, from histograms of the linear predictor over 65536 public bins,
/// 2^-11 wide, on [-16, 16): the pairs that share a bin are the only uncertainty.
struct BinnedAuc {
  double estimate = 0;          ///< pairs in one bin count half
  double lower = 0, upper = 0;  ///< the exact area lies between
};

inline constexpr std::size_t auc_bins = 65536;

/// Rows whose predicted probability lies in [lower, upper).
struct CalibrationBin {
  double lower = 0, upper = 0;
  double rows = 0, events = 0;
  double mean_prediction = 0;
};

struct BinaryMetrics {
  double rows = 0, events = 0;
  double accuracy = 0;  ///< at probability 1/2
  double log_loss = 0;  ///< mean, natural logarithm
  double brier = 0;     ///< mean (p - y)^2
  BinnedAuc auc;
  std::vector<CalibrationBin> calibration;  ///< equally wide
};

std::shared_ptr<const AggregateLayout> binary_layout(std::size_t calibration_bins);
void add_binary(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum);
BinaryMetrics binary_metrics(Aggregate total);

/// The same from cells of the AUC's bins instead (shared_cells): whatever is told of single
/// predictions follows from the rows and events of each cell, so that no two tables cut them at
/// different places. A bin of the calibration table consists of cells, which give it its bounds.
struct BinaryCells {
  SharedCells cells;
  std::vector<std::size_t> groups;  ///< of each cell: its bin of the calibration table

  BinaryCells(SharedCells shared, std::size_t calibration_bins);
};
std::shared_ptr<const AggregateLayout> binary_cells_layout(const BinaryCells& cells);
void add_binary_cells(const kernels::RowBlocks& rows, const Predictor& eta,
                      const BinaryCells& cells, Aggregate& sum);
/// Accuracy: not a number unless the cells are cut at probability 1/2, which counts as an event
/// here. Not a number, too, is what a stream that `total` lacks would tell.
BinaryMetrics binary_cells_metrics(Aggregate total, const BinaryCells& cells);

struct RegressionMetrics {
  double rows = 0;
  double rmse = 0, mae = 0;
  double r_squared = 0;  ///< about the mean of these rows
  /// If asked for: sum of e^(d/10) - 1 for d = prediction - target >= 0, of e^(-d/13) - 1 below
  /// (Saxena, Goebel, Simon & Eklund, PHM 2008).
  std::optional<double> phm08;
};

std::shared_ptr<const AggregateLayout> regression_layout(bool phm08 = false);
/// centre: any public number near the mean of the target, e.g. the model's intercept; the same for
/// all ranks and for regression_metrics.
void add_regression(const kernels::RowBlocks& rows, const Predictor& eta, double centre,
                    Aggregate& sum);
RegressionMetrics regression_metrics(Aggregate total);

struct RateMetrics {
  double rows = 0;
  double observed = 0, expected = 0;  ///< sums of y and of its mean
  double mean_deviance = 0;
  double d_squared = 0;  ///< 1 - deviance / deviance of the mean
};

std::shared_ptr<const AggregateLayout> rate_layout();
void add_rate(const kernels::RowBlocks& rows, const Predictor& eta,
              const kernels::FamilyMembers& family, Aggregate& sum);
RateMetrics rate_metrics(Aggregate total, const kernels::FamilyMembers& family);

struct MultinomialMetrics {
  double rows = 0;
  double accuracy = 0;
  double log_loss = 0;
  std::vector<std::int64_t> confusion;  ///< (true class, predicted class)
};

std::shared_ptr<const AggregateLayout> multinomial_layout(std::size_t classes);
/// eta has one output for each class but the reference, class 0; ties go to the lower class.
void add_multinomial(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum);
MultinomialMetrics multinomial_metrics(Aggregate total, std::size_t classes);

}  // namespace bailiwick

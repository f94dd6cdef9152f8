// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/boundary/aggregate.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/model/scores/score_cells.hpp"
#include "lib/model/scores/shared_cells.hpp"

// How well a model predicts. Each kind has the layout of its sums, a function that adds the rows of
// one domain on this rank, and one that reads the total over all ranks and domains. Rows of
// non-zero weight count once each. Sums are integers over rows: the same bits for any split.
// Measures come by the names that they have in evaluation.json (docs/artefacts.md). What these rows
// do not define is null: a mean of no rows, an area of one label, a share of a variation that there
// is not; and so is what a stream that the total lacks would tell.
namespace bailiwick {

/// Measures to which a stream of single numbers belongs; of a kind that has several.
const std::vector<const char*>& measures_made_of(const std::string& stream);

/// Accuracy, recall, precision and F1 at probability 1/2, which counts as an event; average
/// precision: sum of the precision at every event, found in descending order; log loss: mean,
/// natural logarithm; Brier score: mean (p - y)^2; the area counts pairs that share a cell half,
/// the exact one lies between its bounds; a calibration table of equally wide bins of the
/// probability.
std::shared_ptr<const AggregateLayout> binary_layout(std::size_t calibration_bins);
void add_binary(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum);

/// The bins of a calibration table, neighbours put together (MergedBins).
struct CalibrationCells {
  std::size_t bins = 0;             ///< of equal width
  std::vector<std::size_t> starts;  ///< of each cell, ascending, the first 0; none: no table
};
/// Row-major (with an event or without, bin): rows, not trials, in bins of the probability.
Aggregate count_calibration_rows(const kernels::RowBlocks& rows, const Predictor& eta,
                                 std::size_t bins);
/// Sums of bins as those of cells; of all bins together if there is to be no table.
Aggregate merge_calibration(const Aggregate& sum, const CalibrationCells& cells);
/// `scores`: those of the same total, as fine as they were made.
Json binary_metrics(Aggregate total, const ScoreCells& scores, const CalibrationCells& cells);

/// The same from cells of the AUC's bins instead (shared_cells): whatever is told of single
/// predictions follows from the rows and events of each cell, so that no two tables cut them at
/// different places. A bin of the calibration table consists of cells, which give it its bounds.
struct BinaryCells {
  SharedCells cells;
  std::vector<std::size_t> groups;  ///< of each cell: its bin of the calibration table
  bool has_table = true;            ///< else of one bin, which is not told

  BinaryCells(SharedCells shared, std::size_t calibration_bins);
};
/// As count_calibration_rows, in the bins of that table.
Aggregate count_cell_rows(const kernels::RowBlocks& rows, const Predictor& eta,
                          const BinaryCells& cells);
/// Bins of the table become those that begin at `starts`; none: no table.
void merge_groups(BinaryCells& cells, const std::vector<std::size_t>& starts);
std::shared_ptr<const AggregateLayout> binary_cells_layout(const BinaryCells& cells);
void add_binary_cells(const kernels::RowBlocks& rows, const Predictor& eta,
                      const BinaryCells& cells, Aggregate& sum);
/// Accuracy, recall, precision and F1: null unless the cells are cut at probability 1/2.
Json binary_cells_metrics(Aggregate total, const BinaryCells& cells);

/// Root of the mean square and mean absolute error; R squared about the mean of these rows. If
/// asked for, phm08: sum of e^(d/10) - 1 for d = prediction - target >= 0, of e^(-d/13) - 1 below
/// (Saxena, Goebel, Simon & Eklund, PHM 2008).
std::shared_ptr<const AggregateLayout> regression_layout(bool phm08 = false);
/// centre: any public number near the mean of the target, e.g. the model's intercept; the same for
/// all ranks and for regression_metrics.
void add_regression(const kernels::RowBlocks& rows, const Predictor& eta, double centre,
                    Aggregate& sum);
Json regression_metrics(Aggregate total);

/// Observed and expected: sums of y and of its mean; root of the mean square error; D squared: 1 -
/// deviance / deviance of the mean.
std::shared_ptr<const AggregateLayout> rate_layout();
void add_rate(const kernels::RowBlocks& rows, const Predictor& eta,
              const kernels::FamilyMembers& family, Aggregate& sum);
Json rate_metrics(Aggregate total, const kernels::FamilyMembers& family);

std::shared_ptr<const AggregateLayout> multinomial_layout(std::size_t classes);
/// eta has one output for each class but the reference, class 0; ties go to the lower class.
void add_multinomial(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum);
/// Of counts by (true class, predicted class): these, accuracy, recall and precision of each class,
/// and balanced accuracy, the mean recall.
Json confusion_measures(std::span<const std::int64_t> confusion, std::size_t classes);
/// The same, and the log loss.
Json multinomial_metrics(Aggregate total, std::size_t classes);

}  // namespace bailiwick

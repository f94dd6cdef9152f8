// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lib/data/model_rows.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/model/metrics/metrics.hpp"
#include "lib/record/stated.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

/// The file of the model that a stage uses.
std::string model_path(const RunConfig& config, const StageOptions& options);

/// A model that a run uses.
struct UsedModel {
  std::string path;
  SavedModel model;
  Digest content;
  std::vector<PublicKey> trusted;  ///< whose word about models counts
};

/// The one that a stage uses: its lineage vouches for it (stated_model), and no other was trained
/// in the output folder. Collective. Throws ExitCode::integrity or ExitCode::data.
UsedModel open_model(Run& run, const StageOptions& options);

/// Columns of a saved model in the partitions of this run. Throws ExitCode::data if one is missing,
/// ExitCode::config if the config asks for others.
ModelColumns columns_of(const SavedModel& model, const Run& run, bool with_targets);

/// The same of a schema, whatever a config asks for. Throws ExitCode::data if they do not fit.
ModelColumns columns_in(const SavedModel& model, const Schema& schema, bool with_targets);

/// How the rows of each local domain are to be standardised before they are scored: with the
/// model's moments, or with those of the domain's own training rows. Collective.
std::vector<ColumnMoments> scoring_moments(Run& run, const SavedModel& model,
                                           const ModelColumns& columns, Standardisation how);

/// Cumulative hazards at these times, 0 before the first event.
std::vector<double> hazards_at(const BaselineHazard& baseline, const std::vector<double>& times);

/// Linear predictors of the rows of one domain on this rank, and what predictions follow from them.
class Scores {
 public:
  /// `times`: at which survival is told, of a Cox model with its baselines.
  Scores(const SavedModel& model, const kernels::RowBlocks& rows,
         const std::vector<double>& times = {});

  /// x'theta of output k (a class but the first, or 0). Host values.
  double linear(std::size_t block, std::size_t row, std::size_t k = 0) const {
    return eta_(block, k, row);
  }
  /// The mean: identity, probability, rate or hazard ratio, then survival at each of the times;
  /// multinomial: probability of every class. `baseline`: the row's, among the model's; none: its
  /// survival is not a number.
  void predict(std::size_t block, std::size_t row, std::size_t baseline,
               std::vector<double>& out) const;
  /// Names of what predict() gives.
  static std::vector<std::string> names(const SavedModel& model, const std::vector<double>& times);

 private:
  kernels::Response response_;
  const kernels::FamilyMembers* family_;  ///< nullptr: classes, hazards
  std::size_t classes_;
  std::vector<double> hazards_;  ///< of each baseline at each of the times
  std::size_t times_;
  Kokkos::View<double***, Kokkos::LayoutRight, Kokkos::HostSpace> eta_;
};

/// What a model of classes says of a row: its place in its block, its own class, the probability of
/// each.
using ClassifiedRow =
    std::function<void(std::size_t row, std::size_t of, std::span<const double> probabilities)>;
/// Tells of every row of non-zero weight, block by block.
void for_each_classified_row(const SavedModel& model, const kernels::RowBlocks& rows,
                             const ClassifiedRow& tell);

}  // namespace bailiwick

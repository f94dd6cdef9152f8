// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/data/columns.hpp"
#include "lib/model/baseline_hazard.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

class Run;

/// A model as training leaves it and evaluation takes it up (docs/checkpoint-format.md, "Models").
struct SavedModel {
  ModelConfig config;  ///< features, target and time/status named, whatever the YAML left out
  std::vector<std::string> names;       ///< of the columns, "(intercept)" included
  std::vector<std::string> derived;     ///< of the columns, those that were made of others
  std::vector<MissingFeature> missing;  ///< what stands for missing values, as it was found
  std::vector<std::string> categories;
  std::vector<EmbeddedCategory> embeddings;  ///< networks
  int iteration = 0;
  bool converged = false;
  /// Of the standardised columns; multinomial: class-major; networks: as Architecture lays them
  /// out.
  std::vector<double> parameters;
  std::vector<double> mean,
      scale;  ///< (x - mean) * scale, one a column; pooled over the training rows
  /// Networks: outputs stand for target_mean + target_deviation z.
  double target_mean = 0, target_deviation = 1;
  std::vector<double> information;  ///< penalised Hessian at `parameters`, packed lower triangle
  /// Of `parameters`, if errors are robust; final model only. Else it follows from the information.
  std::vector<double> covariance;
  std::vector<double> coefficients,
      standard_errors;  ///< in the units of the data; final model only
  /// Cox; final model only, if they are to be kept: of each stratum with events.
  std::vector<BaselineHazard> baselines;
  double log_likelihood = 0, null_log_likelihood = 0;
  double rows = 0;        ///< sum of weights
  std::string delete_by;  ///< the first moment at which an owner wants it gone; empty: none does
};

/// The model of a run, with the columns that its config left to the partitions, without parameters.
SavedModel untrained_model(const Run& run, const ModelColumns& columns);

/// For people: "Missing values: crp: 3.4 (median), ward: dropped"; empty if there are none.
std::string missing_values_text(const SavedModel& model);

}  // namespace bailiwick

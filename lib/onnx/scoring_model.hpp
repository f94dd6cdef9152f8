// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/data/columns.hpp"
#include "lib/domain/schema.hpp"
#include "lib/export/run.hpp"
#include "lib/kinds/saved_model.hpp"

namespace bailiwick {

/// A model and what its input columns mean: all that scoring a row elsewhere takes.
struct ScoringModel {
  SavedModel model;
  Schema schema;         ///< of the partitions that it was trained on
  bool stored_single;    ///< these hold numbers as float32
  ModelColumns columns;  ///< of that schema, without targets
  /// What describes it beside the numbers: bailiwick.model (its content), bailiwick.target, …
  std::map<std::string, std::string> metadata;
};

/// The model of a run's folder, with the schema that an owner signed. Throws as
/// RunToExport::model(); ExitCode::policy for a model that was withdrawn or must be gone,
/// ExitCode::data for one that does not score a row by itself: trained on rows standardised within
/// each domain, of partitions of format version 1, without features.
ScoringModel open_scoring_model(const RunToExport& run);

/// Cumulative hazards of a row of the mean at these times, which may be none. Throws ExitCode::data
/// for times that no baseline of the model is for.
std::vector<double> survival_hazards(const ScoringModel& scored, const std::vector<double>& times);

/// "feature, kg, 0 to 300: at admission", for whoever fills it in.
std::string column_words(const Column& column);

}  // namespace bailiwick

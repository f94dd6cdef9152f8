// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/stages/monitor/samples.hpp"

// Whether a model is as good on rows that came later (docs/monitor.md).
namespace bailiwick {

/// What monitor.json says of it, and what got worse than the config allows.
struct Performance {
  Json said;
  std::vector<std::string> reasons;
};

/// Measures of evaluation.json on both samples. `columns`: of monitor.json, among them the
/// predictions', whose design effects widen the errors of areas and of calibration. Collective over
/// the world. Throws ExitCode::data for a measure of monitor.tolerance that the model has not.
Performance compare_performance(Run& run, const UsedModel& used, const Samples& samples,
                                const Predictions& predictions, const Json& columns);

/// What accuracy, Brier score and events would be were the probabilities right, whatever targets
/// say: of a model with one probability; null of others. One round a sample. Collective.
Json estimated_performance(Run& run, const SavedModel& model, const Predictions& predictions);

/// Rows and measures of each level of monitor.groups in both samples, and the largest differences
/// between levels. Collective. Throws ExitCode::policy if a level, or those of its rows with or
/// without an event, are fewer of a domain than its owner asks for.
Json groups_performance(Run& run, const UsedModel& used, const Predictions& predictions);

}  // namespace bailiwick

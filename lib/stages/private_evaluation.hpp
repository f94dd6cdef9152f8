// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/json_fwd.hpp"
#include "lib/data/columns.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

struct EvaluateConfig;

/// What an evaluation with noise releases: rows of each label in bins of the prediction, once.
NoisePlan evaluation_noise(const RunConfig& config);

/// The measures of a model of a probability that noisy counts of rows by label and bin of the
/// prediction tell: privacy.bins of them, equally wide. One round. Collective. Throws
/// ExitCode::config for a model of anything else.
Json evaluate_with_noise(Run& run, const SavedModel& model, const ModelColumns& columns,
                         const EvaluateConfig& how);

}  // namespace bailiwick

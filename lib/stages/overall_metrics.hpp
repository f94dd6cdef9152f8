// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "lib/boundary/aggregate.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

/// What each of this rank's domains, with its model, adds to an evaluation.
struct EvaluationSums {
  std::vector<Aggregate> parts;
  /// Of models of a probability: where the cells of the calibration table begin; none: it is not
  /// told.
  std::vector<std::size_t> calibration;
};

/// `rows`: standardised. Bins of the calibration table are put together where an owner asks for
/// more rows in each (merge_bins), for all domains alike; `common` as below. Collective over the
/// world.
EvaluationSums evaluation_sums(Run& run, const SavedModel& common,
                               const std::vector<UsedModel>& models, const EvaluateConfig& how,
                               const ModelRows& rows);

/// The metrics of all domains together (Scorecard), or, where a policy asks for a minimum of
/// contributors, what may be told of them (shared_metrics). `common`: the model that everybody
/// knows, of which those of the domains come. Collective over the world.
Json overall_metrics(Run& run, const SavedModel& common, const std::vector<UsedModel>& models,
                     const EvaluateConfig& how, const ModelRows& rows, EvaluationSums sums);

/// Those of this rank's d-th domain with its model, from its part of `sums`; nothing leaves the
/// domain. Collective over the domain.
Json domain_metrics(Run& run, const UsedModel& model, const EvaluateConfig& how,
                    const ModelRows& rows, std::size_t d, const EvaluationSums& sums);

}  // namespace bailiwick

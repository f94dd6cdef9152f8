// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/lineage/model_states.hpp"

namespace bailiwick {

/// What a candidate must not be worse in than the model in use.
struct PromotionGuard {
  std::string evaluation;         ///< evaluation.json of the candidate, beside its chain
  std::string beside;             ///< that of the model in use
  std::string metric;             ///< a measure there
  double tolerance = 0;           ///< so much worse is not worse, in the measure's own unit
  std::vector<std::string> keys;  ///< PEM files: who may have signed them, beside the registry's
};

/// What the line of a promotion says of it: metric, tolerance, split, digests of both files, how
/// many domains were compared. Throws ExitCode::verdict naming what is worse: all rows together, or
/// those of a domain, where the evaluations have its own; ExitCode::integrity of an evaluation that
/// nobody who is known signed, ExitCode::data of one of another model, other rows or without the
/// metric, ExitCode::usage of a metric of which nobody knows whether more is better.
Json demand_no_worse(const PromotionGuard& guard, const ModelRegistry& registry,
                     const ModelVersion& candidate, const ModelVersion& in_use);

}  // namespace bailiwick

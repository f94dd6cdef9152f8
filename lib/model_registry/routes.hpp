// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/lineage/model_states.hpp"

namespace bailiwick {

/// Which domains of a version are to be scored by their own models: those where these are better.
struct RouteRule {
  std::string regional;           ///< evaluation.json of the version with evaluate.regional
  std::string common;             ///< without
  std::string metric;             ///< a measure there, of each domain
  double gain = 0;                ///< by so much at least, in the measure's own unit
  std::vector<std::string> keys;  ///< PEM files: who may have signed them, beside the registry's
};

/// What the line of a promotion says of it: metric, gain, split, digests of both files, how many
/// domains were compared, and the content of each model that is used. A measure that a domain's
/// rows do not define leaves it the common model. Throws ExitCode::integrity of an evaluation that
/// nobody who is known signed, ExitCode::data of one of another model, other rows or without
/// domains' own measures, ExitCode::usage as demand_more_is_better().
Json chosen_routes(const RouteRule& rule, const ModelRegistry& registry,
                   const ModelVersion& version);

}  // namespace bailiwick

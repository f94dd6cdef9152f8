// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

/// What a line of intents.jsonl says of a training that is about to begin (docs/approval.md).
Json intent_json(const RunConfig& config, const Inputs& inputs, const std::string& invocation);

/// Throws ExitCode::config if a config that goes on with a training wants to judge it otherwise
/// than was signed when it began.
void demand_same_aim(const std::string& folder, const Artefact& intent, const RunConfig& config);

/// In what such a line contradicts the inputs that it is about; empty: in nothing.
std::string intent_problem(const Json& said, const Inputs& inputs);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/run/config.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

/// What a line of intents.jsonl says of a training that is about to begin (docs/approval.md).
Json intent_json(const RunConfig& config, const Inputs& inputs, const std::string& invocation);

/// In what such a line contradicts the inputs that it is about; empty: in nothing.
std::string intent_problem(const Json& said, const Inputs& inputs);

}  // namespace bailiwick

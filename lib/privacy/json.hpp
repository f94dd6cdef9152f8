// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json_fwd.hpp"
#include "lib/privacy/noise_plan.hpp"

namespace bailiwick {

/// As budgets and records of runs have it: an integer for each of renyi_orders.
Json to_json(const RenyiLoss& loss);
/// Throws ExitCode::data naming `what`.
RenyiLoss loss_from_json(const Json& json, const std::string& what);

/// What was released with how much noise, for run.json.
Json to_json(const NoisePlan& plan);

}  // namespace bailiwick

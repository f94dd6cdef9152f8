// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>

#include "lib/config/include.hpp"
#include "lib/line/config.hpp"
#include "lib/line/steps.hpp"

namespace bailiwick {

/// Trains and evaluates the run with every combination of the sweep's values; with halving, of all
/// for a short time first, and only of the best for longer. `also`: settings of all; `inputs`: all
/// that decides a training with its settings; `sign_with`: the run's key, which signs what they
/// are. The settings of the best value of the metric, the first of equal ones, and `also`; none in
/// a dry run. Throws ExitCode::not_converged if no combination has a model.
Overrides best_settings(const LineConfig& line, Steps& steps, const std::string& sign_with,
                        const Overrides& also,
                        const std::function<std::string(const Overrides&)>& inputs);

/// --set KEY=VALUE of each.
std::vector<std::string> set_words(const Overrides& settings);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/run/config.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

/// Scores the model at `model_path` (empty: model.h5 in the output folder) on evaluate.split:
/// overall and, if the config asks and every policy allows, for each domain. `keys`: files of
/// public keys that may have signed the model, beside the operator's. Collective.
void evaluate(Session& session, RunConfig config, std::string model_path,
              const std::vector<std::string>& keys = {});

}  // namespace bailiwick

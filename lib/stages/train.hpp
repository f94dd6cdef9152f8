// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/config/run_config.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

/// Admission, rows, standardisation, solver, checkpoints and lineage, model.h5 and its table.
/// Collective; throws on all ranks alike what the stage met.
void train(Session& session, RunConfig config, const std::string& resume = "");

}  // namespace bailiwick

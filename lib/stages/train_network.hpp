// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/stages/run.hpp"
#include "lib/stages/run_record.hpp"

namespace bailiwick {

/// Trains a network by first-order steps, exact and synchronous: every step's gradient is the sum
/// over the same blocks of rows whatever holds them. `resume`: a checkpoint to go on from; empty:
/// none. Collective; ExitCode::not_converged if a gradient is not finite or too large.
void train_network(Run& run, RunRecord& record, const std::string& resume);

}  // namespace bailiwick

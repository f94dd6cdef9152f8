// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/stages/run.hpp"
#include "lib/stages/run_record.hpp"

namespace bailiwick {

/// Trains a network by rounds: every domain takes local steps by itself, then the sum of what the
/// domains changed, each times the weight of its rows, crosses (docs/networks.md has the formulas).
/// What is personal stays with its domain, in regions/<domain>/ with its own lineage. Collective;
/// ExitCode::not_converged if a gradient or change is not finite or too large.
void train_federated(Run& run, RunRecord& record);

}  // namespace bailiwick

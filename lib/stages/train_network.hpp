// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/stages/checkpoints.hpp"
#include "lib/stages/load_rows.hpp"
#include "lib/stages/restart.hpp"

namespace bailiwick {

/// Exact synchronous training of a network: a step is the sum over all domains. Collective; ends
/// with the model in `record`.
void train_network(Run& run, RunRecord& record, const ModelColumns& columns,
                   Checkpoints& checkpoints, const Restart& restart);

}  // namespace bailiwick

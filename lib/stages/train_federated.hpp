// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/stages/checkpoints.hpp"
#include "lib/stages/load_rows.hpp"
#include "lib/stages/restart.hpp"

namespace bailiwick {

/// Rounds of local training (train.federated). Collective; ends with the common model in `record`
/// and, where there are any, regional ones in the domains' folders.
void train_federated(Run& run, RunRecord& record, const ModelColumns& columns,
                     Checkpoints& checkpoints, const Restart& restart);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/load_rows.hpp"
#include "lib/record/checkpoints.hpp"
#include "lib/record/restart.hpp"

namespace bailiwick {

/// Rounds of local training (train.federated). Collective; ends with the common model in `record`
/// and, where there are any, regional ones in the domains' folders.
void train_federated(Run& run, RunRecord& record, const ModelColumns& columns,
                     Checkpoints& checkpoints, const Restart& restart);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/load_rows.hpp"
#include "lib/record/checkpoints.hpp"
#include "lib/record/restart.hpp"

namespace bailiwick {

/// A solver's run over all iterations, with its checkpoints. Collective; ends with the model in
/// `record`.
void train_by_solver(Run& run, RunRecord& record, const ModelColumns& columns,
                     Checkpoints& checkpoints, const Restart& restart);

}  // namespace bailiwick

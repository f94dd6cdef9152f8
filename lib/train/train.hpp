// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/run/config.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

/// Admission, rows, standardisation, solver, checkpoints and lineage, model.h5 and its table.
/// `keys`: files of public keys that may have signed the checkpoint that `resume` names, beside the
/// operator's. Collective; throws on all ranks alike what the stage met.
void train(Session& session, RunConfig config, const std::string& resume = "",
           const std::vector<std::string>& keys = {});

}  // namespace bailiwick

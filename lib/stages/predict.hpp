// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/run/config.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

/// Writes `<output>/predictions/<domain>/<partition>.csv`, one line a row. Each domain's
/// predictions are written by its own ranks, partition by partition, in constant memory; nothing
/// crosses. `keys`: files of public keys that may have signed the model, beside the operator's.
/// Collective.
void predict(Session& session, RunConfig config, std::string model_path,
             const std::vector<std::string>& keys = {});

}  // namespace bailiwick

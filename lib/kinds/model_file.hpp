// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "io/checkpoint/checkpoint.hpp"
#include "lib/kinds/saved_model.hpp"

// The content of model.h5 and of checkpoints (docs/checkpoint-format.md, "Models").
namespace bailiwick {

io::Checkpoint to_checkpoint(const SavedModel& model);
/// Throws ExitCode::data naming `path` if an attribute or array is missing or does not fit.
SavedModel model_from_checkpoint(const io::Checkpoint& checkpoint, const std::string& path);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "io/checkpoint/checkpoint.hpp"
#include "lib/kinds/saved_model.hpp"

// The content of model.h5 and of checkpoints (docs/checkpoint-format.md, "Models").
namespace bailiwick {

/// A model's file, if `path` is the folder of a run; else the path itself.
std::string model_at(const std::string& path);

io::Checkpoint to_checkpoint(const SavedModel& model);
/// What its attribute "model" must say of a model by this config, as far as the config tells:
/// features as they are listed there, lengths of embeddings by category. Nothing of what only the
/// partitions say.
Json model_asked(const ModelConfig& config);
/// Throws ExitCode::data naming `path` if an attribute or array is missing or does not fit.
SavedModel model_from_checkpoint(const io::Checkpoint& checkpoint, const std::string& path);

}  // namespace bailiwick

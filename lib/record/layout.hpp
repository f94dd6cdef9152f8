// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/lineage/stage_chain.hpp"

// What lies where in an output folder.
namespace bailiwick {

/// Within the output folder.
inline constexpr const char* checkpoints_folder = "checkpoints/";

/// The chain of models and checkpoints, which other stages ask about these.
inline constexpr StageChain training_chain{.stage = "train",
                                           .stem = "lineage",
                                           .result = "model.h5",
                                           .is_part = is_checkpoint_name,
                                           .resumes = true,
                                           .at_home = "regions",
                                           .results_at_home = {"model.h5", "state.h5"}};

}  // namespace bailiwick

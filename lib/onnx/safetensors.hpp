// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/onnx/scoring_model.hpp"

namespace bailiwick {

inline constexpr const char* safetensors_name = "model.safetensors";

/// The numbers of a model by their names, in the format of
/// https://github.com/huggingface/safetensors: of networks weights as torch.nn.Linear has them
/// (outputs x inputs, float32), of others parameters of standardised columns (float64); and what
/// columns are standardised with. Little-endian.
std::string safetensors_file(const ScoringModel& scored);

}  // namespace bailiwick

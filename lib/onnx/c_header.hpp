// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/onnx/scoring_model.hpp"

namespace bailiwick {

inline constexpr const char* c_header_name = "model.h";

/// The model as one header in C99 that needs <math.h> alone and takes a row as people have it
/// (docs/export.md): its predictions have the bits of `predict`'s. `survival_at`: times, of a Cox
/// model with its baseline hazard; else empty. Throws ExitCode::data for times that it has no
/// baseline for.
std::string c_header(const ScoringModel& scored, const std::vector<double>& survival_at);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/onnx/columns.hpp"
#include "lib/onnx/scoring_model.hpp"

namespace bailiwick {

inline constexpr const char* onnx_name = "model.onnx";

/// The model as one ONNX file that takes rows as people have them (docs/export.md): GLMs, ordinal
/// and Cox models in float64, networks in float32. `survival_at`: times, of a Cox model with its
/// baseline hazard; else empty. Throws ExitCode::data for a model that ONNX has no operators for,
/// and for times that it has no baseline for.
std::string onnx_file(const ScoringModel& scored, const std::vector<double>& survival_at);

/// The outputs z of a network, rows x outputs in float32, of rows of which none has a NaN.
struct OnnxNetwork {
  OnnxGraph::Value outputs;
  OnnxGraph::Value
      undefined;  ///< rows x 1 in float64: NaN where such a row has no prediction, else 0
};
OnnxNetwork add_network(OnnxGraph& graph, OnnxColumns& columns, const ScoringModel& scored);

}  // namespace bailiwick

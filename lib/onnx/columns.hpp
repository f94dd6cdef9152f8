// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <span>

#include "lib/onnx/graph.hpp"
#include "lib/onnx/scoring_model.hpp"

namespace bailiwick {

/// From a row as people have it to the columns of a model: one input a column of the partitions,
/// numbers as float64 and categories as text, and what training made of them: missing values
/// filled, indicators, derived columns, standardised. A level that training did not know, and a
/// value that is missing where the model drops such rows, become NaN.
class OnnxColumns {
 public:
  OnnxColumns(OnnxGraph& graph, const ScoringModel& scored);

  /// rows x columns.size(), in that order: (x - mean) * scale.
  OnnxGraph::Value standardised(std::span<const std::size_t> columns);
  /// Of a category: the row's place in `levels`, among those of the model's columns, plus 1; 0 for
  /// the others; -1 for what is no level. rows x 1 of int64.
  OnnxGraph::Value place_among(std::size_t feature, std::span<const std::size_t> levels);
  /// The offset, and the logarithm of the exposure; none if the model has neither.
  std::optional<OnnxGraph::Value> offset();
  /// rows x 1.
  OnnxGraph::Value ones();
  /// NaN where `code` is -1, else 0.
  OnnxGraph::Value unknown(const OnnxGraph::Value& code);

 private:
  OnnxGraph::Value raw(std::size_t feature);
  OnnxGraph::Value number(std::size_t feature);
  OnnxGraph::Value code(std::size_t feature);
  OnnxGraph::Value indicators(std::size_t feature, std::span<const std::int64_t> levels);
  OnnxGraph::Value derived(const DerivedColumn& column);
  OnnxGraph::Value of_number(const NumberColumn& column);

  OnnxGraph& graph_;
  const ScoringModel& scored_;
  const std::size_t first_;  ///< column of features[0]: 1 behind an intercept
  std::map<std::string, OnnxGraph::Value> inputs_;
  std::map<std::size_t, OnnxGraph::Value> numbers_, codes_;
};

/// One step of a derived column (docs/models.md), as Derivation computes it on the host. Sines and
/// cosines, logarithms and roots are those of the runtime.
OnnxGraph::Value add_derivation(OnnxGraph& graph, const Derivation& step,
                                const OnnxGraph::Value& x);

}  // namespace bailiwick

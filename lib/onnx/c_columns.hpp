// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "lib/onnx/c_functions.hpp"
#include "lib/onnx/c_text.hpp"
#include "lib/onnx/scoring_model.hpp"

namespace bailiwick {

/// From a row as people have it to the columns of a model, in C: a struct with a member a column of
/// the partitions, and expressions over `row` as RowBlocksBuilder computes them. What is asked for
/// becomes a line of statements() once, in the order in which it is asked for.
class CColumns {
 public:
  CColumns(CFunctions& functions, const ScoringModel& scored);

  /// Members of the struct, each below what it means.
  std::string members() const;
  /// Definitions of what expressions name.
  const std::string& statements() const { return statements_; }
  /// Of a row without a prediction, over what was asked for until now: "isnan(raw_age) || code_ward
  /// < 0"; empty: each has one.
  std::string undefined() const;

  /// Of a column of the model, standardised. `c`: among the model's parameters.
  std::string standardised(std::size_t c);
  /// Of a category: its number among the partition's levels, what stands for a missing one put in
  /// its place; -1: it is none of them.
  std::string code(std::size_t feature);
  /// What a linear predictor begins with; "0.0" if the model has neither offset nor exposure.
  std::string offset();

 private:
  std::string raw(std::size_t feature);
  std::string number(std::size_t feature);
  std::string derived(const DerivedColumn& column);
  std::string derivation(const Derivation& step, const std::string& x);
  std::string of_number(const NumberColumn& column);
  std::string missing_words(std::size_t feature) const;
  const MissingFeature* rule_of(const std::string& name) const;

  CFunctions& functions_;
  const ScoringModel& scored_;
  std::map<std::size_t, std::string> features_, targets_;  ///< members
  std::set<std::size_t> raw_, numbers_, codes_;            ///< that have a line
  std::size_t knots_ = 0;
  std::string statements_;
  std::vector<std::string> conditions_;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <utility>

#include "lib/core/words.hpp"

namespace bailiwick {

/// What may be done with data. Closed list; on disk as profile terms of ODRL.
enum class Action {
  train,
  evaluate,
  predict,
  describe,
  attribute,
  release_model,
  release_statistics
};

template <>
inline constexpr auto words<Action> = std::to_array<std::pair<Action, const char*>>(
    {{Action::train, "train"},
     {Action::evaluate, "evaluate"},
     {Action::predict, "predict"},
     {Action::describe, "describe"},
     {Action::attribute, "attribute"},
     {Action::release_model, "release_model"},
     {Action::release_statistics, "release_statistics"}});

/// What it means, for the profile of ODRL.
constexpr const char* definition_of(Action action) {
  switch (action) {
    case Action::train:
      return "Fit a model; aggregates over rows cross the domain's boundary.";
    case Action::evaluate:
      return "Measure a model on the rows; aggregates cross.";
    case Action::predict:
      return "Apply a model to the rows; the predictions stay in the domain.";
    case Action::describe:
      return "Describe the columns by statistics; aggregates cross.";
    case Action::attribute:
      return "Measure the influence of rows on a model; aggregates cross.";
    case Action::release_model:
      return "Hand the fitted model to those who run the computation.";
    case Action::release_statistics:
      return "Hand over statistics summed over all domains.";
  }
  return "";
}

}  // namespace bailiwick

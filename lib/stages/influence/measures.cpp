// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/influence/measures.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

constexpr std::array measures = {
    Measure{"auc", true, 0.5},       Measure{"c_index", true, 0.5}, Measure{"d_squared", true, 0.0},
    Measure{"r_squared", true, 0.0}, Measure{"accuracy", true, {}}, Measure{"log_loss", false, {}},
    Measure{"brier", false, {}},     Measure{"rmse", false, {}},    Measure{"mae", false, {}},
};

/// Those that follow from a table of predictions, or are of one kind of model alone.
constexpr std::array other_measures = {
    std::pair{"average_precision", true},
    std::pair{"balanced_accuracy", true},
    std::pair{"f1", true},
    std::pair{"precision", true},
    std::pair{"recall", true},
    std::pair{"mean_deviance", false},
    std::pair{"phm08", false},
};

bool has(const Json& metrics, const Measure& measure) {
  const auto found = metrics.find(measure.name);
  return found != metrics.end() && found->is_number();
}

}  // namespace

std::vector<std::string> names_of_measures() {
  std::vector<std::string> names;
  for (const Measure& measure : measures)
    names.emplace_back(measure.name);
  for (const auto& [name, more] : other_measures)
    names.emplace_back(name);
  return names;
}

std::optional<bool> more_is_better(const std::string& measure) {
  for (const Measure& known : measures)
    if (measure == known.name) return known.more_is_better;
  for (const auto& [name, more] : other_measures)
    if (measure == name) return more;
  return std::nullopt;
}

OneOf a_measure() {
  OneOf rule{{""}};
  for (const Measure& measure : measures)
    rule.words.emplace_back(measure.name);
  return rule;
}

bool is_known_of_nothing(const std::string& measure) {
  const auto chosen = std::ranges::find(measures, measure, &Measure::name);
  return chosen == measures.end() || chosen->of_nothing;
}

const Measure& choose_measure(const Json& metrics, const std::string& asked, const std::string& key,
                              bool of_nothing) {
  const auto found = std::ranges::find_if(measures, [&](const Measure& measure) {
    return has(metrics, measure) && (!of_nothing || measure.of_nothing) &&
           (asked.empty() || asked == measure.name);
  });
  if (found != measures.end()) return *found;
  std::vector<std::string> names;
  for (const Measure& measure : measures)
    if (has(metrics, measure)) names.emplace_back(measure.name);
  throw Error(
      ExitCode::data, "{}: {}; the evaluation of the model has: {}", key,
      asked.empty() ? "none of those is defined here" : "\"" + asked + "\" is not defined here",
      names.empty() ? "none" : join(names));
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/text.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/record/costs.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

extern const Stage train_stage, evaluate_stage, predict_stage, describe_stage, survival_stage,
    attribute_stage, explain_stage, quality_stage, label_stage, monitor_stage;

std::span<const Stage* const> all_stages() {
  static constexpr const Stage* stages[] = {
      &describe_stage, &survival_stage,  &label_stage,   &train_stage,   &evaluate_stage,
      &predict_stage,  &attribute_stage, &explain_stage, &quality_stage, &monitor_stage};
  return stages;
}

std::vector<std::string> names_of_stages() {
  std::vector<std::string> names;
  for (const Stage* stage : all_stages())
    names.emplace_back(stage->name());
  return names;
}

const Stage& find_stage(const std::string& name) {
  for (const Stage* stage : all_stages())
    if (name == stage->name()) return *stage;
  const std::vector<std::string> names = names_of_stages();
  throw Error(ExitCode::data, "\"{}\" is no stage; there are: {}{}", name, join(names),
              did_you_mean(name, names));
}

const Language& config_language() {
  static const std::vector<const SectionType*> sections = [] {
    std::vector<const SectionType*> found;
    // In the order in which releases before wrote them: its digest names runs that are not
    // finished.
    for (const Stage* stage : all_stages())
      if (stage->section != nullptr) found.insert(found.begin(), stage->section);
    found.push_back(&energy_section);
    return found;
  }();
  static const Language language{all_kind_traits(), sections};
  return language;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/influence/explanation_text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

std::string explanation_text(const Json& result) {
  const auto split = result.at("split").get<std::string>();
  std::string text =
      fmt::format("{} {:.6g} on {}\n", result.at("metric").get<std::string>(),
                  result.at("value").get<double>(), split.empty() ? "all rows" : "split " + split);
  std::size_t width = 7;
  std::vector<const Json*> features;
  for (const Json& feature : result.at("features")) {
    width = std::max(width, feature.at("feature").get<std::string>().size());
    features.push_back(&feature);
  }
  const auto mean = [](const Json& feature) {
    const Json importance = feature.value("importance", Json::object());
    return importance.value("mean", -INFINITY);
  };
  std::ranges::stable_sort(features,
                           [&](const Json* a, const Json* b) { return mean(*a) > mean(*b); });
  std::string reasons;
  if (result.at("repeats") > 0) {
    text += fmt::format("\n{:<{}}  {:>12}  {:>12}\n", "feature", width, "importance", "std. dev.");
    for (const Json* feature : features) {
      const Json& importance = feature->at("importance");
      const auto name = feature->at("feature").get<std::string>();
      const auto number = [&](const char* member) {
        const Json value = importance.value(member, Json());
        return value.is_number() ? fmt::format("{:.6g}", value.get<double>()) : std::string("-");
      };
      text += fmt::format("{:<{}}  {:>12}  {:>12}\n", name, width, number("mean"),
                          number("standard_deviation"));
      if (importance.contains("reason"))
        reasons += fmt::format("{}: {}\n", name, importance.at("reason").get<std::string>());
    }
    text +=
        "importance: how much worse the measure gets with the feature's values in another order "
        "within each partition\n";
  }
  for (const Json* feature : features) {
    if (!feature->contains("partial_dependence")) continue;
    const Json& dependence = feature->at("partial_dependence");
    const auto name = feature->at("feature").get<std::string>();
    if (dependence.contains("reason")) {
      reasons += fmt::format("{}: {}\n", name, dependence.at("reason").get<std::string>());
      continue;
    }
    const Json &values = dependence.at("values"), &predictions = dependence.at("predictions");
    text += fmt::format("\n{:<{}}", name, std::max<std::size_t>(width, 12));
    for (const auto& [output, means] : predictions.items())
      text += fmt::format("  {:>{}}", output, std::max<std::size_t>(output.size(), 12));
    text += '\n';
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += fmt::format("{:<{}}",
                          values[i].is_string() ? values[i].get<std::string>()
                                                : fmt::format("{:.6g}", values[i].get<double>()),
                          std::max<std::size_t>(width, 12));
      for (const auto& [output, means] : predictions.items())
        text += fmt::format("  {:>{}.6g}", means[i].get<double>(),
                            std::max<std::size_t>(output.size(), 12));
      text += '\n';
    }
  }
  return text + (reasons.empty() ? "" : "\n" + reasons);
}

}  // namespace bailiwick

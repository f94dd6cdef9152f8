// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/json.hpp"

#include <algorithm>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

Json to_json(const RenyiLoss& loss) {
  return std::vector<std::uint64_t>(loss.words().begin(), loss.words().end());
}

RenyiLoss loss_from_json(const Json& json, const std::string& what) {
  const bool numbers = json.is_array() && std::ranges::all_of(json, [](const Json& word) {
                         return word.is_number_unsigned();
                       });
  if (!numbers) throw Error(ExitCode::data, "{}: \"loss\" is no list of whole numbers", what);
  return RenyiLoss::from_words(json.get<std::vector<std::uint64_t>>());
}

Json to_json(const NoisePlan& plan) {
  Json releases = Json::array();
  for (const NoisyRelease& release : plan.releases) {
    Json& one = releases.emplace_back(
        Json{{"name", release.name}, {"times", release.times}, {"scale", release.scale}});
    if (release.sampled != every_unit)
      one["sampled"] = static_cast<double>(release.sampled) / static_cast<double>(every_unit);
  }
  return {{"epsilon", plan.epsilon},
          {"delta", plan.delta},
          {"nominal_sensitivity", nominal_sensitivity},
          {"releases", releases}};
}

}  // namespace bailiwick

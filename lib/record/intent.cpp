// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/intent.hpp"

#include "lib/core/error.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

Json intent_json(const RunConfig& config, const Inputs& inputs, const std::string& invocation) {
  Json said = {{"run", inputs.name},
               {"purpose", inputs.purpose},
               {"config", sha256(inputs.given).hex()},
               {"invocation", invocation}};
  if (config.again) said["again"] = true;
  if (const auto& intent = config.train.intent) {
    Json aim = {{"metric", intent->metric}, {"split", intent->split}};
    if (intent->at_least) aim["at_least"] = *intent->at_least;
    if (intent->at_most) aim["at_most"] = *intent->at_most;
    if (!intent->because.empty()) aim["because"] = intent->because;
    said["aim"] = aim;
  }
  return said;
}

std::string intent_problem(const Json& said, const Inputs& inputs) {
  const auto differs = [&](const char* member, const std::string& value) {
    return said.value(member, Json()) != value;
  };
  if (differs("purpose", inputs.purpose)) return "had another purpose";
  if (differs("run", inputs.name)) return "was of a run of another name";
  if (differs("config", sha256(inputs.given).hex())) return "was of another config";
  return "";
}

}  // namespace bailiwick

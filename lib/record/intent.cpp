// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/intent.hpp"

#include <algorithm>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

namespace {

Json aim_json(const IntentConfig& intent) {
  Json aim = {{"metric", intent.metric}, {"split", intent.split}};
  if (intent.at_least) aim["at_least"] = *intent.at_least;
  if (intent.at_most) aim["at_most"] = *intent.at_most;
  if (!intent.because.empty()) aim["because"] = intent.because;
  return aim;
}

}  // namespace

Json intent_json(const RunConfig& config, const Inputs& inputs, const std::string& invocation) {
  Json said = {{"run", inputs.name},
               {"purpose", inputs.purpose},
               {"config", sha256(inputs.given).hex()},
               {"invocation", invocation}};
  if (config.again) said["again"] = true;
  if (config.train.intent) said["aim"] = aim_json(*config.train.intent);
  return said;
}

void demand_same_aim(const std::string& folder, const Artefact& intent, const RunConfig& config) {
  const std::vector<LogEntry> intents = read_log(folder, intents_log);
  const auto signed_one = std::ranges::find(intents, intent.sha256, &LogEntry::digest);
  if (signed_one == intents.end() || !config.train.intent) return;
  if (signed_one->said.value("aim", Json()) != aim_json(*config.train.intent))
    throw Error(ExitCode::config,
                "train.intent: is not what was signed in {}/{} when this training began; leave it "
                "as it was, or begin anew with --output",
                folder, intents_log.file);
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

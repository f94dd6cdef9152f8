// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/flywheel.hpp"

#include <optional>
#include <set>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/run/finished_stage.hpp"
#include "lib/run/inputs.hpp"
#include "lib/stages/influence/measures.hpp"

namespace bailiwick {

namespace {

std::string yaml_list(const std::vector<std::string>& texts) {
  return Json(texts).dump();
}

/// As its stage signed it: what is decided on it is signed in the board's name.
Json read_monitor(const std::string& folder, const RunConfig& run) {
  return read_signed_result(folder, "monitor", run.sign_with);
}

/// On the current rows; nothing if it is not known.
std::optional<double> current_measure(const Json& result, const std::string& metric) {
  const auto pointer = Json::json_pointer("/performance/current/" + metric);
  if (!result.contains(pointer) || !result.at(pointer).is_number()) return {};
  return result.at(pointer).get<double>();
}

}  // namespace

std::string Flywheel::folder_for(const char* what, const std::string& inputs) const {
  return fmt::format("{}/{}/{}", line_.output, what, sha256(inputs).hex().substr(0, 12));
}

std::string Flywheel::stage_inputs(const std::string& version) const {
  return inputs_ + given_by(run_, false) + version;
}

/// Whether the line asks for another model than when it made this one; of a version that came into
/// use by other ways its config says.
bool Flywheel::asks_another(const UsedVersion& version) const {
  if (const auto asked = steps_.memory().asked(version.name)) return *asked != asked_;
  return !line_.sweep && version.given != given_by(run_, true);
}

bool Flywheel::monitor(const std::map<std::string, Digest>& partitions) {
  const std::optional<UsedVersion> version = version_in_use(line_);
  if (!version) {
    say("monitor: no model is in use yet");
    return true;
  }
  const std::set<std::string> monitored = steps_.memory().monitored(version->name);
  std::vector<std::string> seen, since, looked_at;
  for (const auto& [name, root] : partitions) {
    const auto of_version = version->partitions.find(name);
    if (of_version != version->partitions.end() && of_version->second == root) {
      seen.push_back(name);
    } else if (!monitored.contains(name + " " + root.hex())) {
      since.push_back(name);
      looked_at.push_back(name + " " + root.hex());
    }
  }
  int code = 0;
  if (since.empty() || seen.empty()) {
    say(fmt::format("monitor: no new rows for {}", version->name));
  } else {
    const std::string folder = folder_for("monitor", stage_inputs(version->name));
    code = look_at(*version, seen, since, folder);
    if (steps_.are_pending()) return true;
    if (code == 0) steps_.memory().add_monitored(version->name, looked_at);
    if (code != 0 && line_.deploy->rollback) roll_back(*version, seen, since, folder);
  }
  if (code != 0 || line_.retrain == Retrain::always) return true;
  if (asks_another(*version)) {
    say(fmt::format("{}: the config is another than that of version {}", line_.name,
                    version->name));
    return true;
  }
  say(fmt::format("\n{}: version {} stays in use", line_.name, version->name));
  return false;
}

int Flywheel::look_at(const UsedVersion& version, const std::vector<std::string>& seen,
                      const std::vector<std::string>& since, const std::string& folder) {
  std::vector<std::string> words = {"monitor",  line_.run,
                                    "--output", folder,
                                    "--set",    "monitor.reference.partitions=" + yaml_list(seen),
                                    "--set",    "monitor.current.partitions=" + yaml_list(since)};
  const std::vector<std::string> its =
      words_of_version(version, model_section(given_by(run_, true)));
  words.insert(words.end(), its.begin(), its.end());
  return steps_.run({"monitor " + version.name,
                     words,
                     stage_inputs(version.name),
                     folder,
                     true,
                     {ExitCode::verdict}});
}

/// Only to what is better on the rows on which the one in use is worse than it was.
void Flywheel::roll_back(const UsedVersion& version, const std::vector<std::string>& seen,
                         const std::vector<std::string>& since, const std::string& found) {
  const LineDeploy& deploy = *line_.deploy;
  const Json worse = read_monitor(found, run_);
  if (worse.at("verdict") == "drift") return;  // it is as good as it was
  if (version.before.empty()) {
    say(fmt::format("rollback: no version was in use before {}", version.name));
    return;
  }
  const std::string folder = folder_for("monitor", stage_inputs(version.before) + version.name);
  look_at(read_version(line_, version.before), seen, since, folder);
  const auto now = current_measure(worse, deploy.metric),
             then = current_measure(read_monitor(folder, run_), deploy.metric);
  if (!now || !then || (*more_is_better(deploy.metric) ? *then <= *now : *then >= *now)) {
    say(fmt::format("rollback: {} is not better on these rows: {} {}, {} in use has {}",
                    version.before, deploy.metric, then ? round_trip(*then) : "-", version.name,
                    now ? round_trip(*now) : "-"));
    return;
  }
  const std::string why =
      fmt::format("line {}: {} {} on new rows, {} with {}", line_.name, deploy.metric,
                  round_trip(*now), round_trip(*then), version.before);
  steps_.run({"deploy rollback",
              {"deploy", "rollback", deploy.model, "--registry", deploy.registry, "--sign-with",
               deploy.sign_with, "--why", why},
              stage_inputs(version.name),
              folder});
}

void Flywheel::deploy() {
  const LineDeploy& deploy = *line_.deploy;
  const std::string& folder = run_.output;
  std::vector<std::string> add = {"deploy",
                                  "add",
                                  folder,
                                  "--registry",
                                  deploy.registry,
                                  "--name",
                                  deploy.model,
                                  "--sign-with",
                                  run_.sign_with,
                                  "--key",
                                  line_.public_key,
                                  "--approver-key",
                                  line_.check_output->public_key};
  if (deploy.onnx) {
    steps_.run({"export",
                {"export", folder, "--format", "onnx", "--key", line_.public_key},
                inputs_,
                folder + " export"});
    add.insert(add.end(), {"--export", folder + "/model.onnx"});
  }
  steps_.run({"deploy add", add, inputs_, folder + " deploy add"});
  if (steps_.are_pending()) return;
  Digest content;
  io::read_checkpoint(folder + "/model.h5", &content);
  const std::string candidate = version_of(content);
  steps_.memory().set_asked(candidate, asked_);
  const std::string why = why_not_again(deploy, candidate);
  if (!why.empty())
    return say(fmt::format("deploy: {} {}, and is not promoted again", candidate, why));
  promote(candidate);
}

void Flywheel::promote(const std::string& candidate) {
  const LineDeploy& deploy = *line_.deploy;
  const std::optional<UsedVersion> version = version_in_use(line_);
  if (version && version->name == candidate) return;
  std::vector<std::string> words = {"deploy", "promote", deploy.model + "@" + candidate,
                                    "--registry", deploy.registry};
  if (version && !deploy.metric.empty()) {
    const std::string inputs = stage_inputs(version->name), beside = folder_for("beside", inputs);
    std::vector<std::string> evaluate = {"evaluate", line_.run, "--output", beside};
    const std::vector<std::string> its =
        words_of_version(*version, model_section(given_by(run_, true)));
    evaluate.insert(evaluate.end(), its.begin(), its.end());
    steps_.run({"evaluate " + version->name, evaluate, inputs, beside, true});
    words.insert(words.end(),
                 {"--evaluation", run_.output + "/evaluation.json", "--beside",
                  beside + "/evaluation.json", "--metric", deploy.metric, "--tolerance",
                  round_trip(deploy.tolerance), "--key", line_.public_key});
  }
  if (deploy.sign_with.empty())
    return say(
        fmt::format("\nnow somebody who may decide: {} --sign-with KEY", command_shown(words)));
  words.insert(words.end(), {"--sign-with", deploy.sign_with, "--why", "line " + line_.name});
  steps_.run({"deploy promote", words, inputs_ + (version ? version->name : ""),
              run_.output + " deploy promote"});
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/in_use.hpp"

#include <algorithm>

#include "lib/config/yaml.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/record/layout.hpp"
#include "lib/run/finished_stage.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

namespace {

ModelHistory history_of(const LineDeploy& deploy) {
  return read_model_history(read_model_registry(deploy.registry), deploy.model);
}

UsedVersion read_version(const LineConfig& line, const ModelHistory& history,
                         const ModelVersion& version) {
  const std::string folder = history.folder_of(version), path = folder + "/inputs.json";
  const FinishedStage training(folder, training_chain.stem, PublicKey::load(line.public_key),
                               "that is no version of a model");
  UsedVersion found{version.name, folder + "/model.h5", training.partitions(),
                    inputs_from_json(parse_json(read_file(path), path), path).given, ""};
  if (const ModelVersion* before = history.before()) found.before = before->name;
  return found;
}

}  // namespace

std::string model_section(const std::string& given) {
  YamlProblems problems("inputs.json");
  const YamlNode root = parse_yaml(given, problems);
  const YamlEntry* model = find(root, "model");
  return model == nullptr ? "{}" : to_flow_yaml(model->value);
}

std::optional<UsedVersion> version_in_use(const LineConfig& line) {
  const ModelHistory history = history_of(*line.deploy);
  const ModelVersion* version = history.deployed();
  if (version == nullptr) return {};
  return read_version(line, history, *version);
}

UsedVersion read_version(const LineConfig& line, const std::string& name) {
  const ModelHistory history = history_of(*line.deploy);
  const ModelVersion* version = history.find(name);
  if (version == nullptr)
    throw Error(ExitCode::data, "{}: has no version {} of {}", line.deploy->registry, name,
                line.deploy->model);
  return read_version(line, history, *version);
}

std::string why_not_again(const LineDeploy& deploy, const std::string& version) {
  const ModelHistory history = history_of(deploy);
  const ModelVersion* found = history.find(version);
  if (found == nullptr) return "";
  if (found->state == ModelState::withdrawn) return "was withdrawn";
  const bool may_be = std::ranges::find(history.used, version) != history.used.end();
  return found->state == ModelState::retired && !may_be ? "was taken back" : "";
}

std::vector<std::string> words_of_version(const UsedVersion& version,
                                          const std::string& run_model) {
  std::vector<std::string> words = {"--model", version.file};
  const std::string its = model_section(version.given);
  if (its != run_model) words.insert(words.end(), {"--set", "model=" + its});
  return words;
}

}  // namespace bailiwick

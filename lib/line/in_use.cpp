// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/in_use.hpp"

#include <filesystem>

#include "lib/config/yaml.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

namespace {

ModelHistory history_of(const LineDeploy& deploy) {
  return read_model_history(read_model_registry(deploy.registry), deploy.model);
}

UsedVersion read_version(const ModelHistory& history, const ModelVersion& version) {
  const std::string folder = history.folder_of(version), path = folder + "/inputs.json";
  const Inputs inputs = inputs_from_json(parse_json(read_file(path), path), path);
  UsedVersion found{version.name, folder + "/model.h5", {}, model_section(inputs.given), ""};
  for (const DomainInputs& domain : inputs.domains)
    found.partitions.insert(domain.partitions.begin(), domain.partitions.end());
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

std::optional<UsedVersion> version_in_use(const LineDeploy& deploy) {
  const ModelHistory history = history_of(deploy);
  const ModelVersion* version = history.deployed();
  if (version == nullptr) return {};
  return read_version(history, *version);
}

UsedVersion read_version(const LineDeploy& deploy, const std::string& name) {
  const ModelHistory history = history_of(deploy);
  const ModelVersion* version = history.find(name);
  if (version == nullptr)
    throw Error(ExitCode::data, "{}: has no version {} of {}", deploy.registry, name, deploy.model);
  return read_version(history, *version);
}

std::vector<std::string> words_of_version(const UsedVersion& version,
                                          const std::string& run_model) {
  std::vector<std::string> words = {"--model", version.file};
  if (version.model != run_model) words.insert(words.end(), {"--set", "model=" + version.model});
  return words;
}

}  // namespace bailiwick

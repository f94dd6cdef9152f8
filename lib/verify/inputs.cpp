// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/inputs.hpp"

#include <set>

#include "lib/config/yaml.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

namespace {

const YamlNode& member(const YamlNode& node, const std::string& key, const std::string& path) {
  const YamlEntry* entry = find(node, key);
  if (entry == nullptr) throw Error(ExitCode::config, "{}: lacks \"{}\"", path, key);
  return entry->value;
}

std::vector<std::string> texts(const YamlNode& list) {
  std::vector<std::string> all;
  for (const YamlNode& item : list.items)
    all.push_back(item.text);
  return all;
}

}  // namespace

std::string inputs_problem(const Statement& statement, const Inputs& inputs,
                           const std::optional<Inputs>& before, bool training) {
  std::vector<std::string> wrong;
  const auto demand = [&](bool holds, const std::string& why) {
    if (!holds) wrong.push_back(why);
  };
  const auto says = [&](const Json& parameters, const char* key, const Json& value) {
    demand(parameters.contains(key) && parameters.at(key) == value,
           fmt::format("\"{}\" is not that of its inputs", key));
  };
  demand(!before || before->given == inputs.given, "goes on with another config");
  // Policies are asked by these; what the model must be, model.h5 is held to.
  if (training)
    demand(inputs.model.value("kind", Json()) == inputs.kind &&
               inputs.model.contains("mlp") == inputs.network &&
               inputs.model.contains("baseline") == inputs.baseline_hazard &&
               (inputs.model.value("strata", Json()) == to_word(Strata::none)) ==
                   inputs.unstratified_survival,
           "its inputs say one kind of model to policies, and another of model.h5");
  says(statement.external_parameters, "name", inputs.name);
  says(statement.external_parameters, "purpose", inputs.purpose);
  says(statement.internal_parameters, "domains", inputs.domains.size());
  if (!inputs.site.is_signed)
    demand(is_builder_of(statement.builder, inputs.site.declared.name), "builder is another site");

  std::set<std::string> expected = {dependency::config, dependency::inputs, dependency::binary,
                                    dependency::libraries};
  if (find_dependency(statement, dependency::inputs) == nullptr)  // the next session's: take_inputs
    expected.erase(dependency::inputs);
  if (inputs.site.is_signed) expected.insert(dependency::site);
  if (training && !statement.external_parameters.contains("domain"))
    expected.insert(dependency::intent);
  for (const DomainInputs& domain : inputs.domains)
    expected.insert(dependency::policy(domain.name));
  for (const DomainInputs& domain : inputs.domains)
    for (const std::string& partition : domain.partitions)
      expected.insert(dependency::partition(domain.name, partition));
  for (const std::string& name : expected)
    demand(find_dependency(statement, name) != nullptr, "does not name " + name);
  expected.insert(
      {dependency::model, dependency::labels, dependency::resumed_from, dependency::common_model});
  std::size_t others = 0;
  for (const Artefact& artefact : statement.dependencies)
    if (!expected.contains(artefact.name)) ++others;
  demand(others == 0, "names more than its inputs and its stage do");
  return join(wrong, "; ");
}

Inputs inputs_of_release_0_1(const std::string& resolved, const std::string& path) {
  YamlProblems problems(path);
  const YamlNode root = parse_yaml(resolved, problems);
  problems.throw_if_any();
  Inputs inputs;
  inputs.name = member(root, "name", path).text;
  const YamlNode& site = member(root, "site", path);
  if (const YamlEntry* file = find(site, "file")) {
    inputs.site.is_signed = true;
    inputs.site.paths = {file->value.text, {member(site, "key", path).text}, {}};
  }
  for (const YamlNode& node : member(root, "domains", path).items) {
    DomainInputs& domain = inputs.domains.emplace_back();
    domain.name = member(node, "name", path).text;
    domain.paths = {member(node, "policy", path).text, texts(member(node, "keys", path)),
                    texts(member(node, "partitions", path))};
  }
  return inputs;
}

}  // namespace bailiwick

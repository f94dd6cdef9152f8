// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/show.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/folder/facts.hpp"
#include "lib/model_registry/registry.hpp"
#include "lib/stages/influence/measures.hpp"

namespace bailiwick {

namespace {

/// What the evaluations say that went along, each by its name there: the measures that tell models
/// apart.
Json measures_json(const ModelHistory& history, const ModelVersion& version) {
  Json all = Json::object();
  for (const auto& [name, sha256] : version.files) {
    if (!name.ends_with("evaluation.json")) continue;
    const std::string path = fmt::format("{}/{}", history.folder_of(version), name);
    const Json evaluation = parse_json(read_file(path), path);
    Json measures = Json::object();
    for (const std::string& measure : names_of_measures())
      if (const Json& value = fact(evaluation, "overall/" + measure); value.is_number())
        measures[measure] = value;
    all[name] = {{"split", fact_text(evaluation, "split")}, {"measures", std::move(measures)}};
  }
  return all;
}

Json change_json(const ModelStateChange& change) {
  Json one = {{"time", change.entry.time},         {"version", change.version},
              {"state", to_word(change.state)},    {"key", change.entry.signer},
              {"line", change.entry.digest.hex()}, {"back", change.back}};
  for (const auto& [member, text] : {std::pair("by", &change.by), std::pair("why", &change.why),
                                     std::pair("retires", &change.retires)})
    if (!text->empty()) one[member] = *text;
  for (const char* member : {"guard", "routes"})
    if (const auto said = change.entry.said.find(member); said != change.entry.said.end())
      one[member] = *said;
  return one;
}

Json version_json(const ModelHistory& history, const ModelVersion& version) {
  check_version_files(history, version);
  const ModelStateChange& last = history.changes[version.last];
  const Json& said = history.changes[version.added].entry.said;
  Json one = {{"version", version.name},
              {"model", version.content.hex()},
              {"state", to_word(version.state)},
              {"since", last.entry.time},
              {"by", last.by.empty() ? "key " + last.entry.signer.substr(0, 12) : last.by},
              {"trained_with", version.signer},
              {"run", fact(said, "run")},
              {"check", fact(said, "check")},
              {"files", version.files.size()},
              {"evaluations", measures_json(history, version)}};
  for (const auto& [domain, content] : version.routes)
    one["routes"][domain] = content.hex();
  if (said.contains("approval")) one["approval"] = said.at("approval");
  return one;
}

Json name_json(const ModelRegistry& registry, const std::string& name) {
  const ModelHistory history = read_model_history(registry, name);
  if (history.changes.empty()) refuse_unknown_name(registry.folder, name);
  const ModelVersion *in_use = history.deployed(), *before = history.before();
  Json one = {{"name", name},
              {"deployed", in_use == nullptr ? Json() : Json(in_use->name)},
              {"before", before == nullptr ? Json() : Json(before->name)},
              {"head", history.changes.back().entry.digest.hex()},
              {"versions", Json::array()},
              {"history", Json::array()}};
  for (const ModelVersion& version : history.versions)
    one["versions"].push_back(version_json(history, version));
  for (const ModelStateChange& change : history.changes)
    one["history"].push_back(change_json(change));
  return one;
}

/// "auc 0.812 (test)", of the evaluation that lies first.
std::string measure_words(const Json& version) {
  for (const Json& evaluation : fact_list(version, "evaluations"))
    for (const std::string& measure : names_of_measures())
      if (const Json& value = fact(evaluation, "measures/" + measure); value.is_number()) {
        const std::string split = fact_text(evaluation, "split");
        return fmt::format("{} {:.3g} ({})", measure, value.get<double>(),
                           split.empty() ? "all rows" : split);
      }
  return "-";
}

std::string change_text(const Json& change) {
  const std::string by = fact_text(change, "by"), why = fact_text(change, "why"),
                    retires = fact_text(change, "retires");
  std::string text =
      fmt::format("{}  {}  {}", fact_text(change, "time"), fact_text(change, "version"),
                  fact_holds(change, "back") ? "deployed again" : fact_text(change, "state"));
  if (!retires.empty()) text += fmt::format(", instead of {}", retires);
  text += fmt::format(", by {}", by.empty() ? "key " + fact_text(change, "key").substr(0, 12) : by);
  if (!why.empty()) text += ": " + why;
  text += '\n';
  if (const Json& guard = fact(change, "guard"); guard.is_object())
    text += fmt::format(
        "    {} not worse by more than {}, overall and in {} domains ({})\n",
        fact_text(guard, "metric"), fact_number(guard, "tolerance"), fact_number(guard, "domains"),
        fact_text(guard, "split").empty() ? "all rows" : "split " + fact_text(guard, "split"));
  if (const Json& routes = fact(change, "routes"); routes.is_object()) text += routes_text(routes);
  return text;
}

}  // namespace

std::string routes_text(const Json& routes) {
  const std::string split = fact_text(routes, "split");
  std::string text = fmt::format(
      "    {} of {} domains by their own models, where {} is better by {} or more ({})\n",
      fact_list(routes, "models").size(), fact_number(routes, "domains"),
      fact_text(routes, "metric"), fact_number(routes, "gain"),
      split.empty() ? "all rows" : "split " + split);
  for (const auto& [domain, content] : fact_list(routes, "models").items())
    text += fmt::format("    {}  {}\n", domain, content.get<std::string>());
  return text;
}

Json model_registry_json(const std::string& folder, const std::string& name,
                         const std::vector<std::string>& keys) {
  const ModelRegistry registry = read_model_registry(folder);
  const std::vector<PublicKey> known = load_public_keys(keys);
  const std::string& signer = registry.begun.signer;
  if (!keys.empty() &&
      std::ranges::none_of(known, [&](const PublicKey& key) { return key.id() == signer; }))
    throw Error(ExitCode::integrity, "{}/{}: is signed by key {}, which is none of those given",
                folder, model_registry_log.file, signer);
  Json ids = Json::array();
  for (const PublicKey& key : registry.keys)
    ids.push_back(key.id());
  Json said = {{"registry", folder},
               {"begun", {{"time", registry.begun.time}, {"key", signer}}},
               {"begun_by_known_key", !keys.empty()},
               {"keys", std::move(ids)},
               {"alone", registry.alone},
               {"models", Json::array()}};
  for (const std::string& one :
       name.empty() ? names_in_registry(folder) : std::vector<std::string>{name})
    said["models"].push_back(name_json(registry, one));
  return said;
}

std::string model_registry_text(const Json& registry, bool with_history) {
  std::vector<std::vector<std::string>> table = {
      {"name", "version", "state", "since", "by", "run", "kind", "target", "measure"}};
  std::string text, histories;
  for (const Json& model : registry.at("models")) {
    const std::string name = fact_text(model, "name");
    for (const Json& version : model.at("versions"))
      table.push_back({name, fact_text(version, "version"), fact_text(version, "state"),
                       fact_text(version, "since"), fact_text(version, "by"),
                       fact_text(version, "run/name"), fact_text(version, "run/kind"),
                       fact_text(version, "run/target"), measure_words(version)});
    histories += "\n";
    for (const Json& change : model.at("history"))
      histories += change_text(change);
    histories += fmt::format("head  {}  {}/{}/{}\n", fact_text(model, "head"),
                             fact_text(registry, "registry"), name, model_states_log.file);
  }
  text = table.size() == 1 ? "no model was added yet\n" : aligned(table);
  if (with_history) text += histories;
  if (!fact_holds(registry, "begun_by_known_key"))
    text +=
        fmt::format("Not looked at: whose key {} is, with which the registry was begun (--key).\n",
                    fact_text(registry, "begun/key"));
  return text;
}

}  // namespace bailiwick

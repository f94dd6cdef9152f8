// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/deployed.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <span>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/record/layout.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// Without a slash at its end; it need not be there.
std::filesystem::path place_of(const std::string& path) {
  const std::filesystem::path place =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  return place.has_filename() ? place : place.parent_path();
}

bool has_states(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / model_states_log.file);
}

/// The history in REGISTRY/NAME, and its registry.
struct RegisteredName {
  ModelRegistry registry;
  ModelHistory history;
};

RegisteredName read_registered_name(const std::filesystem::path& folder) {
  ModelRegistry registry = read_model_registry(folder.parent_path().string());
  ModelHistory history = read_model_history(registry, folder.filename().string());
  return {std::move(registry), std::move(history)};
}

std::string who_said(const ModelStateChange& change) {
  return change.by.empty() ? "key " + change.entry.signer : change.by;
}

/// "withdrawn on TIME by WHOM: WHY".
std::string change_words(const ModelStateChange& change) {
  return fmt::format("{} on {} by {}{}{}", to_word(change.state), change.entry.time,
                     who_said(change), change.why.empty() ? "" : ": ", change.why);
}

[[noreturn]] void refuse_nothing_in_use(const ModelHistory& history) {
  std::string why = "nothing was promoted yet: `bailiwick deploy promote`";
  for (const ModelStateChange& change : history.changes)  // the newest of these counts
    if (change.state == ModelState::retired || change.state == ModelState::withdrawn)
      why = fmt::format("{} was {}", change.version, change_words(change));
  throw Error(ExitCode::policy, "{}: no version is in use: {}", history.folder, why);
}

/// Whether it is a folder, or lies in a registry, where it may be a name that is misspelt.
bool may_be_registered_name(const std::string& path) {
  const std::filesystem::path place = place_of(path);
  return std::filesystem::is_directory(place) ||
         (!std::filesystem::exists(place) &&
          std::filesystem::exists(place.parent_path() / model_registry_log.file));
}

/// The version of a name that is in use.
struct DeployedModel {
  NamedModel named;   ///< its model.h5
  std::string words;  ///< "heart@1f0c…, in use since … by …"
};

DeployedModel deployed_model(const std::string& folder, std::span<const PublicKey> keys) {
  const std::filesystem::path place = place_of(folder);
  if (!has_states(place) && std::filesystem::exists(place.parent_path() / model_registry_log.file))
    refuse_unknown_name(place.parent_path().string(), place.filename().string());
  if (!has_states(place))
    throw Error(ExitCode::data,
                "{}: is a folder, and no name in a registry of models; name a model file, or "
                "REGISTRY/NAME (docs/deploy.md)",
                folder);
  const RegisteredName name = read_registered_name(place);
  const ModelRegistry& registry = name.registry;
  const ModelHistory& history = name.history;
  if (std::ranges::none_of(keys,
                           [&](const PublicKey& key) { return key.id() == registry.begun.signer; }))
    throw Error(
        ExitCode::integrity,
        "{}/{}: is signed by key {}, which nobody vouches for; it must be the operator's of "
        "the config, or one given by --model-key",
        registry.folder, model_registry_log.file, registry.begun.signer);
  const ModelVersion* version = history.deployed();
  if (version == nullptr) refuse_nothing_in_use(history);
  check_version_files(history, *version);
  const std::string home = history.folder_of(*version);
  // Who trained it a line only says; its chain shows it.
  const ModelStateChange& change = history.changes[version->last];
  const std::vector<Statement> statements = read_statements(training_chain.file(home), keys);
  const Json signer = statements.front().internal_parameters.value("signer", Json());
  if (signer != version->signer)
    throw Error(ExitCode::integrity,
                "{}/{}:{}: says that {} was trained with key {}, and it was with another",
                history.folder, model_states_log.file, version->added + 1, version->name,
                version->signer);
  std::string own;
  for (const auto& [domain, content] : version->routes)
    own += fmt::format("{}{}", own.empty() ? "; by their own models: " : ", ", domain);
  return {{home + "/model.h5", version->routes},
          fmt::format("{}@{}, in use since {} by {}{}", history.name, version->name,
                      change.entry.time, who_said(change), own)};
}

}  // namespace

NamedModel model_in_use(const Communicator& world, const RunConfig& config,
                        const std::string& model, const std::vector<std::string>& model_keys) {
  if (model.empty()) return {model, {}};
  const EgressPurpose purpose("config");
  Json named = {{"file", model}, {"routes", Json::object()}};
  agree(world, [&] {
    if (!world.is_root() || !may_be_registered_name(model)) return;
    std::vector<PublicKey> keys = load_public_keys(model_keys);
    keys.push_back(PrivateKey::load(config.sign_with).public_key());
    const DeployedModel deployed = deployed_model(model, keys);
    std::cout << fmt::format("model {}\n", deployed.words);
    named["file"] = deployed.named.file;
    for (const auto& [domain, content] : deployed.named.routes)
      named["routes"][domain] = content.hex();
  });
  // Another may be put in use meanwhile.
  named = parse_json(world.broadcast(0, named.dump()), "the model in use", ExitCode::bug);
  NamedModel found{named["file"], {}};
  for (const auto& [domain, hex] : named["routes"].items())
    found.routes[domain] = Digest::from_hex(hex.get<std::string>());
  return found;
}

void check_registered(const std::string& folder, const std::string& path) {
  const std::filesystem::path place = std::filesystem::canonical(folder);
  if (!has_states(place.parent_path())) return;
  const RegisteredName name = read_registered_name(place.parent_path());
  const ModelVersion* version = name.history.find(place.filename().string());
  if (version == nullptr)
    throw Error(ExitCode::integrity,
                "{}: lies in a registry of models where no line of {}/{} is "
                "about it",
                path, name.history.folder, model_states_log.file);
  if (version->state == ModelState::withdrawn)
    throw Error(ExitCode::policy, "{}: was {}", path,
                change_words(name.history.changes[version->last]));
}

}  // namespace bailiwick

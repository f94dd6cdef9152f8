// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/model_states.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Of a line's members, as they must be.
class SaidMembers {
 public:
  SaidMembers(const Json& said, std::string at) : said_(said), at_(std::move(at)) {}

  std::string text(const char* member) const { return get<std::string>(member); }
  std::string text_or_none(const char* member) const {
    return said_.contains(member) ? text(member) : "";
  }
  template <class T>
  T get(const char* member) const {
    return json_member<T>(said_, member, at_, ExitCode::integrity);
  }
  Digest digest(const std::string& hex) const {
    try {
      return Digest::from_hex(hex);
    } catch (const Error&) {
      throw Error(ExitCode::integrity, "{}: \"{}\" is no SHA-256", at_, hex);
    }
  }
  void demand(bool holds, const std::string& why) const {
    if (!holds) throw Error(ExitCode::integrity, "{}: {}", at_, why);
  }
  void demand_format(const char* format) const {
    demand(said_.value("format", Json()) == format && said_.value("version", Json()) == 1,
           fmt::format("is no {} of version 1", format));
  }

 private:
  const Json& said_;
  const std::string at_;
};

/// What a line says of a version that it adds.
ModelVersion added_version(const SaidMembers& said, const std::string& name, const Digest& content,
                           const Digest& file) {
  ModelVersion version;
  version.name = name;
  version.content = content;
  version.signer = said.text("signer");
  for (const auto& [path, sha256] : said.get<std::map<std::string, std::string>>("files")) {
    const fs::path place(path);
    said.demand(!path.empty() && place.is_relative() &&
                    place.lexically_normal().generic_string() == path && *place.begin() != "..",
                path + " lies elsewhere");
    version.files[path] = said.digest(sha256);
  }
  const auto model = version.files.find("model.h5");
  said.demand(model != version.files.end() && model->second == file,
              "its files are not those that it is about");
  return version;
}

/// What becomes of a version that is there already.
void change_version(const ModelRegistry& registry, const SaidMembers& said,
                    const ModelStateChange& change, ModelHistory& history) {
  ModelVersion& version = *std::ranges::find(history.versions, change.version, &ModelVersion::name);
  const ModelVersion* const in_use = history.deployed();
  said.demand(version.state != ModelState::withdrawn,
              change.version + " was withdrawn before, for good");
  switch (change.state) {
    case ModelState::candidate:
      said.demand(false, change.version + " was added before");
      break;
    case ModelState::deployed:
      said.demand(version.state != ModelState::deployed, change.version + " is in use already");
      said.demand(change.retires == (in_use == nullptr ? "" : in_use->name),
                  "does not retire the version in use");
      said.demand(change.back || registry.alone || change.entry.signer != version.signer,
                  change.version + " is promoted by the key that trained it");
      if (change.back) {
        said.demand(history.before() == &version, change.version + " was not in use before");
        if (in_use != nullptr) history.used.pop_back();
      } else {
        std::erase(history.used, change.version);
        history.used.push_back(change.version);
        version.routes = change.routes;
      }
      if (in_use != nullptr) {
        ModelVersion& former =
            *std::ranges::find(history.versions, in_use->name, &ModelVersion::name);
        former.state = ModelState::retired;
        former.last = history.changes.size();
      }
      break;
    case ModelState::retired:
      said.demand(version.state == ModelState::deployed, change.version + " is not in use");
      break;
    case ModelState::withdrawn:
      std::erase(history.used, change.version);
      break;
  }
  version.state = change.state;
  version.last = history.changes.size();
}

}  // namespace

bool ModelRegistry::knows(const std::string& key_id) const {
  return std::ranges::any_of(keys, [&](const PublicKey& key) { return key.id() == key_id; });
}

const ModelVersion* ModelHistory::find(const std::string& version) const {
  const auto found = std::ranges::find(versions, version, &ModelVersion::name);
  return found == versions.end() ? nullptr : &*found;
}

const ModelVersion* ModelHistory::deployed() const {
  const auto found = std::ranges::find(versions, ModelState::deployed, &ModelVersion::state);
  return found == versions.end() ? nullptr : &*found;
}

const ModelVersion* ModelHistory::before() const {
  const std::size_t in_use = deployed() == nullptr ? 0 : 1;
  return used.size() > in_use ? find(used[used.size() - 1 - in_use]) : nullptr;
}

std::string version_of(const Digest& content) {
  return content.hex().substr(0, 12);
}

ModelRegistry read_model_registry(const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, model_registry_log.file);
  const std::vector<LogEntry> lines = read_log(folder, model_registry_log);
  if (lines.empty())
    throw Error(ExitCode::data,
                "{}: is no registry of models: there is no {}; `bailiwick deploy init` makes one",
                folder, path);
  if (lines.size() != 1) throw Error(ExitCode::integrity, "{}: is not one line", path);
  ModelRegistry registry{folder, lines.front(), {}, false};
  const SaidMembers said(registry.begun.said, path);
  said.demand_format("bailiwick-model-registry");
  for (const std::string& pem : said.get<std::vector<std::string>>("keys"))
    try {
      registry.keys.push_back(PublicKey::from_pem(pem, path));
    } catch (const Error&) {
      throw Error(ExitCode::integrity, "{}: names what is no public key", path);
    }
  registry.alone = said.get<bool>("alone");
  return registry;
}

void take_change(const ModelRegistry& registry, LogEntry entry, const std::string& at,
                 ModelHistory& history) {
  const SaidMembers said(entry.said, at);
  said.demand_format("bailiwick-model-state");
  said.demand(registry.knows(entry.signer),
              fmt::format("is signed by key {}, which is none of {}/{}", entry.signer,
                          registry.folder, model_registry_log.file));
  said.demand(said.text("registry") == registry.begun.digest.hex(), "is of another registry");
  said.demand(said.text("name") == history.name, "is about a model of another name");
  const auto state = from_word<ModelState>(said.text("state"));
  said.demand(state.has_value(), "says no state that is known");
  const Digest content = said.digest(said.text("model"));
  ModelStateChange change{std::move(entry), version_of(content), *state, {}, {}, {}, false, {}};
  const SaidMembers in(change.entry.said, at);
  change.by = in.text_or_none("by");
  change.why = in.text_or_none("why");
  change.retires = in.text_or_none("retires");
  change.back = change.entry.said.value("back", Json(false)) == true;
  if (const auto routes = change.entry.said.find("routes"); routes != change.entry.said.end()) {
    in.demand(change.state == ModelState::deployed && !change.back,
              "says of domains' own models what a promotion alone says");
    for (const auto& [domain, hex] : json_member<std::map<std::string, std::string>>(
             *routes, "models", at, ExitCode::integrity))
      change.routes[domain] = in.digest(hex);
  }
  in.demand(change.entry.subject == change.version + "/model.h5", "is about another file");
  if (const ModelVersion* known = history.find(change.version)) {
    in.demand(
        known->content == content && known->files.at("model.h5") == change.entry.subject_sha256,
        "is about another model than was added");
    change_version(registry, in, change, history);
  } else {
    in.demand(change.state == ModelState::candidate, change.version + " was never added");
    ModelVersion& version = history.versions.emplace_back(
        added_version(in, change.version, content, change.entry.subject_sha256));
    version.added = version.last = history.changes.size();
  }
  history.changes.push_back(std::move(change));
}

ModelHistory read_model_history(const ModelRegistry& registry, const std::string& name) {
  ModelHistory history;
  history.folder = fmt::format("{}/{}", registry.folder, name);
  history.name = name;
  for (LogEntry& entry : read_log(history.folder, model_states_log)) {
    const std::string at =
        fmt::format("{}/{}:{}", history.folder, model_states_log.file, history.changes.size() + 1);
    take_change(registry, std::move(entry), at, history);
  }
  return history;
}

std::vector<std::string> names_in_registry(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(entry.path() / model_states_log.file))
      names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

void refuse_unknown_name(const std::string& registry, const std::string& name) {
  const std::vector<std::string> names = names_in_registry(registry);
  throw Error(ExitCode::data, "{}: has no model of the name {}{}; {}", registry, name,
              did_you_mean(name, names),
              names.empty() ? "`bailiwick deploy add` adds one" : "there are: " + join(names));
}

void check_version_files(const ModelHistory& history, const ModelVersion& version) {
  for (const auto& [name, sha256] : version.files) {
    const std::string path = fmt::format("{}/{}", history.folder_of(version), name);
    const fs::file_status status = fs::symlink_status(path);
    if (!fs::exists(status)) throw Error(ExitCode::integrity, "{}: is not there any more", path);
    if (!fs::is_regular_file(status)) throw Error(ExitCode::integrity, "{}: is no file", path);
    if (sha256_file(path) != sha256)
      throw Error(ExitCode::integrity, "{}: is not as it was signed when it was added", path);
  }
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/review/review.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Held by whoever changes a name.
constexpr const char* states_lock = ".states.lock";
/// What the line of a registry is about.
constexpr const char* keys_subject = "keys";

void demand_lines(const std::string& by, const std::string& why) {
  if (!by.empty()) demand_one_line(by, "--by");
  if (!why.empty()) demand_one_line(why, "--why");
}

/// Makes the folder of a new name.
std::string folder_of_name(const StateRequest& request, bool anew) {
  std::string folder = fmt::format("{}/{}", request.registry, request.name);
  if (fs::exists(fmt::format("{}/{}", folder, model_states_log.file))) return folder;
  if (!anew) refuse_unknown_name(request.registry, request.name);
  create_folders(folder);
  sync_folder(request.registry);
  return folder;
}

}  // namespace

Digest begin_model_registry(const RegistryPlan& plan) {
  demand_lines(plan.by, "");
  const PrivateKey key = PrivateKey::load(plan.sign_with);
  std::vector<std::string> pems;
  std::set<std::string> ids;
  for (std::size_t i = 0; const PublicKey& public_key : load_public_keys(plan.keys)) {
    if (!ids.insert(public_key.id()).second)
      throw Error(ExitCode::usage, "--key {}: is given twice", plan.keys[i]);
    pems.push_back(public_key.pem());
    ++i;
  }
  if (pems.size() < 2 && !plan.alone)
    throw Error(ExitCode::usage,
                "--key: one alone could promote no model that it trained; give the key of a second "
                "person too, or say --alone");
  create_folders(plan.folder);
  const FileLock lock(plan.folder + "/.registry.lock", lock_patience_seconds);
  const std::string path = fmt::format("{}/{}", plan.folder, model_registry_log.file);
  if (is_taken(path)) throw Error(ExitCode::data, "{}: exists; a registry is begun once", path);
  Json said = {{"format", "bailiwick-model-registry"},
               {"version", 1},
               {"keys", pems},
               {"alone", plan.alone}};
  if (!plan.by.empty()) said["by"] = plan.by;
  return append_to_log(plan.folder, model_registry_log, keys_subject, sha256(join(pems, "")),
                       std::move(said), key);
}

Decider::Decider(const StateRequest& request)
    : key(PrivateKey::load(request.sign_with)), registry(read_model_registry(request.registry)) {
  demand_lines(request.by, request.why);
  if (!is_file_name(request.name))
    throw Error(ExitCode::usage, "{}: is to be {}", request.name, file_name_form);
  if (!registry.knows(key.public_key().id()))
    throw Error(
        ExitCode::policy, "--sign-with {}: key {} is none of those that {}/{} names: they decide",
        request.sign_with, key.public_key().id(), request.registry, model_registry_log.file);
}

HeldName::HeldName(const Decider& decider, const StateRequest& request, bool anew)
    : decider_(decider), request_(request) {
  const std::string folder = folder_of_name(request, anew);
  lock_ =
      std::make_unique<FileLock>(fmt::format("{}/{}", folder, states_lock), lock_patience_seconds);
  if (!lock_->held())
    throw Error(ExitCode::data, "{}: another changes it{}; nothing was written", folder,
                lock_->holder());
  history_ = read_model_history(decider.registry, request.name);
}

const ModelVersion& HeldName::asked() const {
  const std::string& version = request_.version;
  std::vector<std::string> versions;
  for (const ModelVersion& one : history_.versions)
    versions.push_back(one.name);
  if (version.empty())
    throw Error(ExitCode::usage, "say which: {}@VERSION; there are: {}", history_.name,
                join(versions));
  if (const ModelVersion* found = history_.find(version)) return *found;
  throw Error(ExitCode::data, "{}: has no version {}{}; there are: {}", history_.folder, version,
              did_you_mean(version, versions), join(versions));
}

Digest HeldName::append(const Digest& content, const Digest& file, ModelState state, Json said) {
  const std::string version = version_of(content);
  said.update({{"format", "bailiwick-model-state"},
               {"version", 1},
               {"registry", decider_.registry.begun.digest.hex()},
               {"name", history_.name},
               {"model", content.hex()},
               {"model_version", version},
               {"state", to_word(state)}});
  if (!request_.by.empty()) said["by"] = request_.by;
  if (!request_.why.empty()) said["why"] = request_.why;
  LogEntry entry;
  entry.subject = version + "/model.h5";
  entry.subject_sha256 = file;
  entry.signer = signer();
  entry.said = said;
  // What nobody could read must not be written.
  take_change(decider_.registry, entry, history_.folder, history_);
  return append_to_log(history_.folder, model_states_log, entry.subject, file, std::move(said),
                       decider_.key);
}

}  // namespace bailiwick

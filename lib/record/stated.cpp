// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/stated.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/lineage/signed_log.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/deployed.hpp"
#include "lib/record/layout.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(
      ExitCode::integrity,
      "{}: nobody who is trusted vouches for it: {}; use a model or checkpoint in the output "
      "folder of its training (copy that as a whole), signed with the operator's key of the "
      "config or with one given by --model-key",
      path, why);
}

/// With those of the domain whose own folder it is.
std::vector<PublicKey> keys_of_folder(const RunConfig& config, const fs::path& folder,
                                      std::span<const PublicKey> keys) {
  std::vector<PublicKey> all(keys.begin(), keys.end());
  if (folder.parent_path().filename() != "regions") return all;
  for (const DomainConfig& domain : config.domains)
    if (domain.name == folder.filename())
      for (const std::string& file : domain.keys)
        if (fs::exists(file)) all.push_back(PublicKey::load(file));
  return all;
}

/// The output folder of the run, of what may stay with a domain in one below.
std::string run_folder_of(const std::string& folder) {
  const fs::path home = fs::path(folder).parent_path();
  return home.filename() == training_chain.at_home ? home.parent_path().string() : folder;
}

}  // namespace

std::vector<PublicKey> model_keys(const Run& run, const std::vector<std::string>& more) {
  const EgressPurpose purpose("checkpoints");
  Json texts = Json::array();
  agree(run.world(), [&] {
    if (!run.world().is_root()) return;
    texts.push_back(PrivateKey::load(run.config().sign_with).public_key().pem());
    for (const std::string& file : more)
      texts.push_back(PublicKey::load(file).pem());
  });
  std::vector<PublicKey> keys;
  for (const std::string text :
       parse_json(run.world().broadcast(0, texts.dump()), "keys", ExitCode::bug))
    keys.push_back(PublicKey::from_pem(text, "a key of models"));
  return keys;
}

StatedModel stated_model(const RunConfig& config, const std::string& path,
                         std::span<const PublicKey> keys) {
  std::error_code missing;
  const fs::path file = fs::canonical(path, missing);
  if (missing) throw Error(ExitCode::data, "{}: cannot open: {}", path, missing.message());
  fs::path folder = file.parent_path();
  std::string name = file.filename().string();
  if (folder.filename() / "" == checkpoints_folder) {
    folder = folder.parent_path();
    name = checkpoints_folder + name;
  }
  const std::string lineage = (folder / "lineage.jsonl").string();
  if (!fs::exists(lineage)) refuse(path, "there is no " + lineage);
  StatedModel stated{folder.string(), {}, {}};
  try {
    stated.standing = standing(read_statements(lineage, keys_of_folder(config, folder, keys)));
  } catch (const Error& error) {
    refuse(path, error.what());
  }
  if (const Json domain = stated.standing.front().external_parameters.value("domain", Json());
      !domain.is_null() && domain != folder.filename().string())
    refuse(path, lineage + " is what stays with a domain, in a folder that is not that domain's");
  const auto about = std::ranges::find(stated.standing, name, &Statement::subject_name);
  if (about == stated.standing.end() || !about->subject_content)
    refuse(path, fmt::format("no statement in {} is about {}", lineage, name));
  stated.statement = *about;
  return stated;
}

void check_duties(const StatedModel& stated, const std::string& path, const std::string& now) {
  for (const Statement& statement : stated.standing) {
    const std::string& name = statement.subject_name;
    if (!name.starts_with("decisions") || name.find('/') != std::string::npos) continue;
    const std::string file = stated.folder + "/" + name;
    if (!std::filesystem::exists(file))
      throw Error(
          ExitCode::integrity,
          "{}: {}, which says what duties go with it, is not beside it; copy its folder as a "
          "whole",
          path, file);
    const std::string text = read_file(file);
    if (sha256(text) != statement.subject_sha256)
      throw Error(ExitCode::integrity, "{}: was changed after it was signed", file);
    const Json decisions = parse_json(text, file);
    for (const Json& domain : decisions.at("domains")) {
      const std::string end = domain.at("duties").value("delete_by", "");
      const auto instant = parse_instant(end);
      if (instant && *parse_instant(now) >= *instant)
        throw Error(ExitCode::policy,
                    "{}: must have been deleted by {}: a duty of the policy of domain {} (now {})",
                    path, end, domain.at("domain").get<std::string>(), now);
    }
  }
}

void check_not_withdrawn(const StatedModel& stated, const std::string& path) {
  const auto refuse_if = [&](const std::optional<Approval>& withdrawal) {
    if (!withdrawal) return;
    const bool is_intent = withdrawal->entry.subject == intent_subject;
    throw Error(ExitCode::policy, "{}: {} was {}", path,
                is_intent ? "its training" : withdrawal->entry.subject + " of its training",
                withdrawn_words(*withdrawal));
  };
  const std::vector<Approval> own = read_approvals(stated.folder);
  for (const Statement& statement : stated.standing)
    if (statement.subject_sha256)
      refuse_if(standing_withdrawal(own, statement.subject_name, *statement.subject_sha256));
  if (const Artefact* intent = find_dependency(stated.standing.front(), dependency::intent))
    refuse_if(standing_withdrawal(own, intent_subject, intent->sha256));
  check_registered(stated.folder, path);
  const std::string run = run_folder_of(stated.folder);
  if (run == stated.folder) return;
  // What stays with a domain goes with the common model, and with the training.
  const std::vector<Approval> approvals = read_approvals(run);
  for (const Approval& approval : approvals)
    if (approval.entry.subject == training_chain.result)
      refuse_if(
          standing_withdrawal(approvals, approval.entry.subject, approval.entry.subject_sha256));
  if (const std::vector<LogEntry> intents = read_log(run, intents_log); !intents.empty())
    refuse_if(standing_withdrawal(approvals, intent_subject, intents.back().digest));
}

void check_no_reproduction(const StatedModel& stated, const std::string& path) {
  const Artefact* named = find_dependency(stated.standing.front(), dependency::intent);
  if (named == nullptr) return;
  const std::vector<LogEntry> intents = read_log(run_folder_of(stated.folder), intents_log);
  const auto intent = std::ranges::find(intents, named->sha256, &LogEntry::digest);
  if (intent != intents.end() && intent->said.value("again", false))
    throw Error(ExitCode::policy,
                "{}: was made by reproduce, to be compared; use the model of the run itself", path);
}

Digest stated_content(const Run& run, const std::string& path, std::span<const PublicKey> keys) {
  const EgressPurpose purpose("checkpoints");
  std::string hex;
  agree(run.world(), [&] {
    if (!run.world().is_root()) return;
    const StatedModel stated = stated_model(run.config(), path, keys);
    check_duties(stated, path, utc_now());
    check_not_withdrawn(stated, path);
    if (!run.config().again) check_no_reproduction(stated, path);
    hex = stated.statement.subject_content->hex();
  });
  return Digest::from_hex(run.world().broadcast(0, hex));
}

void demand_stated(const Digest& signed_one, const std::string& path, const Digest& content) {
  if (content != signed_one)
    throw Error(ExitCode::integrity, "{}: the content digest is {}, signed was {}", path,
                content.hex(), signed_one.hex());
}

void check_model_of_folder(const RunConfig& config, const Digest& content,
                           std::span<const PublicKey> keys) {
  const std::string lineage = config.output + "/lineage.jsonl";
  if (!fs::exists(lineage)) return;
  const std::vector<Statement> statements =
      read_statements(lineage, keys_of_folder(config, fs::absolute(config.output), keys));
  const Statement& last = statements.back();
  if (!last.final_count || last.subject_content != content)
    throw Error(ExitCode::data,
                "{}: holds a training, and this is not the model that it ended with; name another "
                "folder with --output",
                config.output);
}

}  // namespace bailiwick

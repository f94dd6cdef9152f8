// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/reproduce/plan.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/config/yaml.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/members.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

void add_stage(std::vector<RecordedStage>& all, const Stage& stage, const std::string& folder,
               const std::string& prefix, const std::vector<PublicKey>& keys) {
  RecordedStage recorded{&stage, prefix, {}, {}};
  const std::string place = recorded.place(folder), path = stage.chain.file(place);
  if (!fs::exists(path)) return;
  recorded.statements = read_statements(path, keys);
  if (recorded.statements.empty() || !recorded.statements.back().final_count)
    throw Error(ExitCode::integrity, "{}: did not finish; go on with it first (--resume latest)",
                path);
  if (recorded.statements.back().version == 1)
    throw Error(ExitCode::data,
                "{}: is of release 0.1, whose configs this one does not run; build {}", path,
                recorded.statements.back().source_commit.empty()
                    ? "that release"
                    : recorded.statements.back().source_commit);
  const std::string inputs =
      place + "/" + stage.chain.session_file("inputs", count_sessions(recorded.statements));
  recorded.inputs = inputs_from_json(parse_json(read_file(inputs), inputs), inputs);
  all.push_back(std::move(recorded));
}

/// Writes texts to files and gives their paths.
Json written(const Json& texts, const std::string& stem) {
  Json files = Json::array();
  for (const Json& text : texts) {
    files.push_back(fmt::format("{}-{}.pub.pem", stem, files.size() + 1));
    write_file_atomically(files.back().get<std::string>(), text.get<std::string>());
  }
  return files;
}

}  // namespace

std::vector<RecordedStage> recorded_stages(const std::string& folder,
                                           const std::vector<PublicKey>& keys) {
  std::vector<RecordedStage> all;
  for (const Stage* stage : all_stages()) {
    add_stage(all, *stage, folder, "", keys);
    if (stage->chain.named == nullptr) continue;
    const std::string named = fmt::format("{}/{}", folder, stage->chain.named);
    std::vector<std::string> names;
    if (fs::is_directory(named))
      for (const auto& entry : fs::directory_iterator(named))
        names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    for (const std::string& name : names)
      add_stage(all, *stage, folder, fmt::format("{}/{}/", stage->chain.named, name), keys);
  }
  return all;
}

Json find_files(const RecordedStage& recorded, DocumentFinder& finder) {
  const Statement& last = recorded.statements.back();
  finder.look_in(recorded.prefix);
  Json domains = Json::array();
  for (const DomainInputs& domain : recorded.inputs.domains) {
    const Artefact* policy = find_dependency(last, dependency::policy(domain.name));
    const auto terms = policy == nullptr ? std::nullopt : finder.policy(domain, policy->sha256);
    if (!terms)
      throw Error(ExitCode::integrity, "the policy of domain {} is not in the record", domain.name);
    std::vector<std::string> pem, partitions;
    for (const PublicKey& key : finder.keys_of(domain))
      pem.push_back(key.pem());
    for (const std::string& name : domain.partitions) {
      const Artefact* rows = find_dependency(last, dependency::partition(domain.name, name));
      const auto file = rows == nullptr ? std::nullopt : finder.partition(rows->sha256);
      if (!file)
        throw Error(ExitCode::data, "partition {}/{}: {}", domain.name, name,
                    finder.why_missing(name));
      partitions.push_back(fs::absolute(*file).lexically_normal().string());
    }
    domains.push_back({{"name", domain.name},
                       {"policy", *terms},
                       {"public_keys", pem},
                       {"partitions", partitions}});
  }
  Json files = {{"domains", domains}};
  if (recorded.inputs.site.is_signed) {
    const Artefact* site = find_dependency(last, dependency::site);
    const auto file =
        site == nullptr ? std::nullopt : finder.site_file(recorded.inputs.site, site->sha256);
    if (!file) throw Error(ExitCode::integrity, "the site file is not in the record");
    files["site"] = {{"file", *file}, {"key", Json::array({recorded.inputs.site.public_key})}};
  }
  return files;
}

void write_keys(Json& files, const std::string& folder) {
  create_folders(folder);
  for (Json& domain : files.at("domains"))
    domain["public_keys"] =
        written(domain.at("public_keys"), folder + "/" + domain.at("name").get<std::string>());
  if (files.contains("site"))
    files["site"]["key"] = written(files.at("site").at("key"), folder + "/site").front();
}

RunConfig recorded_config(const RecordedStage& recorded, const std::string& path,
                          const std::string& text) {
  RunConfig config;
  try {
    config = parse_run_config(text, path, config_language());
  } catch (const Error& error) {
    throw Error(ExitCode::integrity, "{}: is not the config of a run: {}", path, error.what());
  }
  const Inputs &said = recorded.inputs, asks = inputs_of(config, recorded.stage->use);
  std::vector<std::string> differ = differences(said.given, asks.given);
  const auto compare = [&](const char* what, const auto& before, const auto& now) {
    if (before != now) differ.emplace_back(what);
  };
  compare("name", said.name, asks.name);
  compare("purpose", said.purpose, asks.purpose);
  compare("recipients", said.recipients, asks.recipients);
  compare("kind", said.kind, asks.kind);
  for (std::size_t i = 0; i < std::min(said.domains.size(), asks.domains.size()); ++i)
    compare("jurisdiction", said.domains[i].jurisdiction, asks.domains[i].jurisdiction);
  compare("site", said.site.is_signed, asks.site.is_signed);
  if (!said.site.is_signed)
    compare("site", to_json(said.site.declared), to_json(asks.site.declared));
  compare("secure_aggregation", said.masked, asks.masked);
  compare("network", said.network, asks.network);
  compare("unstratified_survival", said.unstratified_survival, asks.unstratified_survival);
  compare("per_domain_statistics", said.per_domain_statistics, asks.per_domain_statistics);
  compare("baseline_hazard", said.baseline_hazard, asks.baseline_hazard);
  if (!differ.empty())
    throw Error(ExitCode::integrity, "{}: is not what the inputs of its session say: {}", path,
                join(differ, "; "));
  return config;
}

void use_files(RunConfig& config, const Json& files, bool masked) {
  for (std::size_t i = 0; i < config.domains.size(); ++i) {
    DomainConfig& domain = config.domains[i];
    const Json& now = files.at("domains").at(i);
    domain.policy = now.at("policy").get<std::string>();
    domain.keys = now.at("public_keys").get<std::vector<std::string>>();
    domain.partitions = now.at("partitions").get<std::vector<std::string>>();
    domain.access_log.reset();
    domain.ranks.reset();  // of the machine that it ran on
    if (!masked && !config.privacy) domain.private_key.reset();
  }
  if (files.contains("site")) {
    config.site.file = files.at("site").at("file").get<std::string>();
    config.site.key = files.at("site").at("key").get<std::string>();
  }
  if (config.trust && !fs::exists(config.trust->file)) config.trust.reset();
}

Json reservations_of(const RecordedStage& recorded, const std::string& folder) {
  if (!recorded.inputs.privacy) return Json::object();
  const std::string place = recorded.place(folder);
  const std::size_t sessions = count_sessions(recorded.statements);
  if (sessions > 1)
    throw Error(
        ExitCode::data,
        "{}: {} went on with noise in {} sessions, each with noise of its own; it cannot be "
        "made again in one piece",
        folder, recorded.stage->name(), sessions);
  const std::string path = place + "/" + recorded.stage->chain.session_file("decisions", sessions);
  Json lines = Json::object();
  const Json decisions = parse_json(read_file(path, document::record), path);
  for (const Json& domain : json_member<Json>(decisions, "domains", path))
    lines[json_member<std::string>(domain, "domain", path)] =
        json_member<std::string>(domain, "reservation", path);
  return lines;
}

bool has_private_keys(const RunConfig& config) {
  return std::ranges::all_of(config.domains, [](const DomainConfig& domain) {
    return domain.private_key && fs::exists(*domain.private_key);
  });
}

}  // namespace bailiwick

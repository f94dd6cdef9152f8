// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "io/checkpoint.hpp"
#include "io/partition.hpp"
#include "lib/config/run_config.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/policy/policy.hpp"
#include "lib/stages/run_record.hpp"

namespace bailiwick {

namespace {

/// Runs one look and records how it went: what throws does not hold.
template <class Look>
void look(Verification& result, const std::string& what, const Look& body) {
  try {
    const bool holds = body();
    result.findings.push_back(
        {holds, what + (holds ? "" : ": differs from what the lineage says")});
  } catch (...) {
    result.findings.push_back({false, what + ": " + caught_error().what()});
  }
}

/// What the statements say went in. Sessions of one run may have had another program, site or
/// policies in force; then the last counts. Rows and config must be the same in all.
std::map<std::string, Digest> dependencies_of(const std::vector<Statement>& statements,
                                              Verification& result) {
  std::map<std::string, Digest> digests;
  for (const Statement& statement : statements)
    for (const Artefact& artefact : statement.dependencies) {
      const auto [known, fresh] = digests.emplace(artefact.name, artefact.sha256);
      if (fresh || known->second == artefact.sha256) continue;
      if (artefact.name == "config" || artefact.name.starts_with("partition/"))
        result.findings.push_back(
            {false, artefact.name + ": statements disagree about its digest"});
      known->second = artefact.sha256;
    }
  return digests;
}

void verify_partition(Verification& result, const std::string& domain, const std::string& path,
                      const std::vector<PublicKey>& keys,
                      const std::map<std::string, Digest>& claimed) {
  PartitionManifest manifest;
  look(result, path + ": manifest and signature", [&] {
    manifest = io::read_manifest(path, keys);
    return true;
  });
  if (manifest.name.empty()) return;
  look(result, path + ": root", [&] {
    // With its domain where another one has a partition of that name as well.
    auto claim = claimed.find("partition/" + domain + "/" + manifest.name);
    if (claim == claimed.end()) claim = claimed.find("partition/" + manifest.name);
    return claim != claimed.end() && claim->second == manifest.root;
  });
  look(result, fmt::format("{}: {} blocks", path, manifest.blocks()), [&] {
    io::verify_partition(path, manifest);
    return true;
  });
}

void verify_site(Verification& result, const SiteConfig& site,
                 const std::map<std::string, Digest>& claimed) {
  if (!site.file) return;
  look(result, *site.file + ": site and signature", [&] {
    const PublicKey key = PublicKey::load(site.key.value());
    const std::string payload =
        open_envelope(envelope_from_json(read_file(*site.file, document::site), *site.file),
                      site_type, {&key, 1}, *site.file);
    const auto claim = claimed.find("site");
    return claim != claimed.end() && claim->second == sha256(payload);
  });
}

void verify_domain(Verification& result, const DomainConfig& domain, bool partitions,
                   const std::map<std::string, Digest>& claimed, std::set<std::string>& seen) {
  const auto is_there = [](const std::string& path) { return std::filesystem::exists(path); };
  if (!partitions && !(is_there(domain.policy) && std::ranges::all_of(domain.keys, is_there)))
    return;
  std::vector<PublicKey> owners;
  look(result, "domain " + domain.name + ": keys", [&] {
    for (const std::string& path : domain.keys)
      owners.push_back(PublicKey::load(path));
    return true;
  });
  look(result, domain.policy + ": policy and signature", [&] {
    const Envelope envelope =
        envelope_from_json(read_file(domain.policy, document::policy), domain.policy);
    const std::string payload = open_envelope(envelope, policy_type, owners, domain.policy);
    const auto claim = claimed.find("policy/" + domain.name);
    return claim != claimed.end() && claim->second == sha256(payload);
  });
  if (!partitions) return;
  for (const std::string& path : domain.partitions)
    if (seen.insert(path).second) verify_partition(result, domain.name, path, owners, claimed);
}

/// Removes what statements speak of, and what verify_run() itself looks at.
std::vector<std::string> unsigned_files(const std::string& folder,
                                        const std::vector<Statement>& statements,
                                        const std::vector<std::string>& chains) {
  std::set<std::string> covered;
  for (const Statement& statement : statements) {
    covered.insert(statement.subject_name);
    covered.insert(statement.removed.begin(), statement.removed.end());
  }
  for (const std::string& chain : chains) {
    const std::filesystem::path path(chain);
    covered.insert(path.filename().string());
    covered.insert(fmt::format(".{}.lock", path.stem().string()));
    covered.insert(std::filesystem::path(resolved_config_path(folder, path.stem().string()))
                       .filename()
                       .string());
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_regular_file() && !name.starts_with("regions/") && !covered.contains(name))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

RunVerification verify_run(const std::string& folder, const std::vector<std::string>& key_paths,
                           bool partitions) {
  std::vector<PublicKey> keys;
  for (const std::string& path : key_paths)
    keys.push_back(PublicKey::load(path));

  std::vector<std::string> chains;
  if (!std::filesystem::is_directory(folder))
    throw Error(ExitCode::data, "{}: is not the output folder of a run", folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".jsonl") chains.push_back(entry.path().string());
  std::sort(chains.begin(), chains.end());
  const bool trained =
      std::find(chains.begin(), chains.end(), folder + "/lineage.jsonl") != chains.end();
  if (chains.empty() || (!trained && std::filesystem::exists(folder + "/model.h5")))
    throw Error(ExitCode::integrity,
                "{}: holds no lineage.jsonl; is it the output folder of a run?", folder);

  RunVerification result;
  std::set<std::string> seen;  // a partition is hashed once, however many lineages name it
  for (const std::string& chain : chains) {
    Verification one = verify_chain(chain, folder, keys, io::content_digest);
    const std::map<std::string, Digest> claimed = dependencies_of(one.statements, one);
    const std::string config_path =
        resolved_config_path(folder, std::filesystem::path(chain).stem().string());
    std::optional<RunConfig> config;
    if (!one.statements.empty())
      look(one, config_path, [&] {
        const std::string yaml = read_file(config_path, document::config);
        const auto claim = claimed.find("config");
        if (claim == claimed.end() || claim->second != sha256(yaml)) return false;
        config = parse_run_config(yaml, config_path);
        return true;
      });
    if (config) verify_site(one, config->site, claimed);
    if (config)
      for (const DomainConfig& domain : config->domains)
        verify_domain(one, domain, partitions, claimed, seen);
    std::move(one.findings.begin(), one.findings.end(), std::back_inserter(result.findings));
    std::move(one.statements.begin(), one.statements.end(), std::back_inserter(result.statements));
  }
  result.unsigned_files = unsigned_files(folder, result.statements, chains);
  for (const std::string& name : result.unsigned_files)
    if (name == "model.h5" || name == "evaluation.json" || name == "description.json")
      result.findings.push_back({false, name + ": no statement speaks of it"});
  return result;
}

}  // namespace bailiwick

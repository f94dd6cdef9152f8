// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/signed_documents.hpp"

#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// Enough of a digest to tell documents of one name apart; what counts is inside them.
std::string short_form(const Digest& digest) {
  return digest.hex().substr(0, 12);
}

void demand_unchanged(const std::string& path, const Digest& now, const Digest& opened) {
  if (now != opened)
    throw Error(ExitCode::integrity, "{}: was replaced while the run was under way", path);
}

std::string read_signed(const std::string& path, const Document& kind, std::string& payload) {
  std::string text = read_file(path, kind);
  payload = envelope_from_json(text, path).payload;
  return text;
}

/// Of one domain, in whose jurisdiction this rank is.
void read_documents(const Run& run, const LocalDomain& domain, Json& documents) {
  const DomainConfig& config = run.config().domains[domain.index];
  const DomainFacts& facts = run.domains()[domain.index];
  std::string payload, text = read_signed(config.policy, document::policy, payload);
  demand_unchanged(config.policy, sha256(payload), facts.policy);
  documents[policy_document(facts.name, facts.policy)] = text;
  for (std::size_t i = 0; i < domain.paths.size(); ++i) {
    const std::string path = io::manifest_path(domain.paths[i]);
    const DomainFacts::Partition& partition = facts.partitions[i];
    text = read_signed(path, document::manifest, payload);
    demand_unchanged(path, manifest_from_json(parse_document(payload, path), path).root,
                     partition.root);
    documents[manifest_document(facts.name, partition.name, partition.root)] = text;
  }
}

}  // namespace

std::string policy_document(const std::string& domain, const Digest& payload) {
  return fmt::format("{}{}/policy-{}.json", documents_folder, domain, short_form(payload));
}

std::string manifest_document(const std::string& domain, const std::string& partition,
                              const Digest& root) {
  return fmt::format("{}{}/{}-{}.manifest.json", documents_folder, domain, partition,
                     short_form(root));
}

std::string site_document(const Digest& payload) {
  return fmt::format("{}site-{}.json", documents_folder, short_form(payload));
}

std::string document_of(const Artefact& artefact) {
  const std::string& name = artefact.name;
  const std::string policies = dependency::policy(""), partitions = dependency::partition_prefix;
  if (name == dependency::site) return site_document(artefact.sha256);
  if (name.starts_with(policies))
    return policy_document(name.substr(policies.size()), artefact.sha256);
  const std::size_t slash = name.find('/', partitions.size());
  if (!name.starts_with(partitions) || slash == std::string::npos) return "";
  return manifest_document(name.substr(partitions.size(), slash - partitions.size()),
                           name.substr(slash + 1), artefact.sha256);
}

std::map<std::string, std::string> gather_documents(const Run& run) {
  const EgressPurpose purpose("signed documents");
  Json own = Json::object();
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < run.local().size(); ++d)
      if (run.decomposition().leads(d)) read_documents(run, run.local()[d], own);
    if (!run.world().is_root() || !run.config().site.file) return;
    const std::string& path = *run.config().site.file;
    std::string payload, text = read_signed(path, document::site, payload);
    own[site_document(sha256(payload))] = text;
  });
  std::map<std::string, std::string> all;
  for (const std::string& text : run.world().gather_to(0, own.dump()))
    if (!text.empty()) all.merge(parse_json(text, "documents", ExitCode::bug).get<decltype(all)>());
  return all;
}

}  // namespace bailiwick

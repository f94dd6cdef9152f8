// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "apps/owner/policy_check.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/site.hpp"
#include "lib/owner/access_log.hpp"
#include "lib/owner/registry.hpp"
#include "lib/policy/gate.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/places.hpp"
#include "lib/run/request.hpp"
#include "lib/run/spending.hpp"
#include "lib/runtime/slurm.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

OpenedPolicy read_policy(const std::string& path, const std::string& key_path) {
  OpenedPolicy opened;
  opened.envelope = envelope_from_json(read_file(path, document::policy), path, ExitCode::policy);
  std::string payload = opened.envelope.payload;
  if (!key_path.empty()) {
    const PublicKey key = PublicKey::load(key_path);
    payload = open_envelope(opened.envelope, policy_type, {&key, 1}, path, ExitCode::policy);
  }
  opened.policy = policy_from_odrl(parse_document(payload, path, ExitCode::policy), path);
  return opened;
}

namespace {

PartitionManifest open_manifest(const std::string& partition, const PublicKey& key) {
  if (!std::filesystem::exists(partition) && !std::filesystem::exists(io::manifest_path(partition)))
    throw Error(ExitCode::data,
                "--partition {}: there is no such file; give the path of a partition, e.g. "
                "partitions/{}.h5",
                partition, std::filesystem::path(partition).stem().string());
  return io::read_manifest(partition, {key});
}

/// Words of the command line that say what `--config` says otherwise.
constexpr const char* request_options[] = {"purpose", "parties",    "partition",   "recipient",
                                           "partner", "kind",       "site-key",    "unmasked",
                                           "runs",    "per-domain", "unstratified"};

void add_options(Options& options) {
  options.add()("key", po::value<std::string>()->required(), "the owner's public key");
  options.add()("stage", po::value<std::string>()->required(),
                ("what is to be done: " + join(names_of_stages())).c_str());
  options.add()("config", po::value<std::string>(),
                "the run that asks; or else what follows says what it asks");
  options.add()("set", po::value<std::vector<std::string>>(),
                "KEY=VALUE: override a key of that config");
  options.add()("place", po::value<std::string>(),
                "jurisdiction of the nodes, e.g. CH (default: this node's, by the config's site)");
  options.add()("purpose", po::value<std::string>(), "e.g. dpv:ScientificResearch");
  options.add()("parties", po::value<std::string>(), "owners in the run");
  options.add()("partition", po::value<std::vector<std::string>>(),
                "partition it is to cover; may be given again");
  options.add()("recipient", po::value<std::vector<std::string>>(),
                "IRI of who is to get the outcome; may be given again");
  options.add()("partner", po::value<std::vector<std::string>>(),
                "id of the key of another owner in the run; may be given again");
  options.add()("kind", po::value<std::string>(), "model.kind of the run");
  options.add()("site-key", po::value<std::string>(), "id of the key that signed the site file");
  options.add()("runs", po::value<std::string>(), "runs admitted before (default 0)");
  options.add()("unmasked", "sums are not to be masked");
  options.add()("per-domain", "domains' own statistics are to be shown to all");
  options.add()("unstratified", "a Cox model with one risk set over all domains");
}

/// What the words of the command line say of a run.
AccessRequest request_from(const Options& options, const StageUse& use, const std::string& owner,
                           const PublicKey& key) {
  for (const char* needed : {"purpose", "parties", "place"})
    if (!options.has(needed))
      throw Error(ExitCode::usage, "--{} is missing; or give the run's config with --config",
                  needed);
  RunConfig config;
  config.purpose = options.text("purpose");
  if (!is_purpose(config.purpose))
    throw Error(ExitCode::config, "--purpose: \"{}\" is not {}", config.purpose,
                purpose_form(config.purpose));
  config.recipients = options.list("recipient");
  for (const std::string& recipient : config.recipients)
    if (!is_iri(recipient))
      throw Error(ExitCode::config, "--recipient: \"{}\" is not {}", recipient, iri_form);
  const std::uint64_t parties = parse_count(options.text("parties"), "--parties");
  config.domains.resize(std::max<std::uint64_t>(1, parties));
  config.boundary.secure_aggregation = !options.has("unmasked");
  AccessRequest request = request_of(inputs_of(config, use), use);
  request.kind = options.text("kind");
  request.per_domain_statistics = options.has("per-domain");
  request.unstratified_survival = options.has("unstratified");
  request.domain = owner;
  request.domains = request.parties = parties;
  for (const std::string& partition : options.list("partition"))
    request.partitions.push_back(open_manifest(partition, key));
  for (const std::string& partner : options.list("partner"))
    request.partners.push_back({partner.substr(0, 8), {partner}, ~std::uint64_t{0}});
  request.site_key = options.text("site-key");
  if (options.has("runs")) request.runs = parse_count(options.text("runs"), "--runs");
  return request;
}

/// What is known of a domain's manifests and terms from here: without them, whose keys it has.
DomainFacts facts_from(const DomainConfig& domain, const std::string& split) {
  DomainFacts facts;
  try {
    facts = facts_of(open_documents(domain), split);
  } catch (const Error&) {
    for (const PublicKey& key : load_public_keys(domain.keys))
      facts.owners.push_back(key.id());
    facts.partitions.push_back({"", ~std::uint64_t{0}, {}, 0, 0});
  }
  facts.name = domain.name;
  return facts;
}

/// What a run of that config would ask of the domain whose rows `key` signs.
AccessRequest request_from(const RunConfig& config, const StageUse& use, const PublicKey& key) {
  std::vector<DomainFacts> domains;
  std::vector<std::vector<std::string>> keys;
  std::optional<std::size_t> index;
  for (const DomainConfig& domain : config.domains) {
    for (const PublicKey& owner : load_public_keys(domain.keys))
      if (owner.id() == key.id() && !index) index = domains.size();
    domains.push_back(facts_from(domain, ""));
    keys.push_back(domains.back().owners);
  }
  if (!index) throw Error(ExitCode::config, "{}: no domain has the key {}", config.path, key.id());
  const std::vector<std::size_t> owner = owners_of(keys);
  for (std::size_t i = 0; i < domains.size(); ++i)
    domains[i].owner = owner[i];
  AccessRequest request = request_of(inputs_of(config, use), use);
  add_domains(request, domains, *index);
  const DomainConfig& own = config.domains[*index];
  for (const std::string& partition : own.partitions)
    request.partitions.push_back(io::read_manifest(partition, load_public_keys(own.keys)));
  const OpenedSite site = open_site(config.site);
  request.places = {site.site.place_of(node_of_rank())};
  request.site_key = site.key;
  const OpenedTrust trust = open_trust(config.trust, utc_now());
  request.trust = trust.key;
  request.trusted = trust.keys;
  return request;
}

AccessRequest request_asked(const Options& options, const StageUse& use, const std::string& owner,
                            const PublicKey& key) {
  if (!options.has("config")) return request_from(options, use, owner, key);
  for (const char* name : request_options)
    if (options.has(name))
      throw Error(ExitCode::usage, "--{}: says what --config says; use --set", name);
  const std::string path = options.text("config");
  return request_from(
      parse_run_config(read_config(path), config_language(), options.assignments("set")), use, key);
}

}  // namespace

int policy_check(const std::vector<std::string>& words) {
  Options options(
      "policy check POLICY [options]",
      "Explains, clause by clause, what a signed policy says to a stage of a run. Rules\n"
      "that need all domains' manifests are judged by bailiwick check.",
      "docs/policy.md");
  add_options(options);
  if (!options.parse(words)) return 0;
  const std::string path = options.text("POLICY");
  const auto [policy, envelope] = read_policy(path, options.text("key"));
  const PublicKey key = PublicKey::load(options.text("key"));
  AccessRequest request =
      request_asked(options, stage_asked(options.text("stage")).use, policy.owner, key);
  request.now = utc_now();
  if (options.has("place")) {
    check_jurisdiction(options.text("place"), "--place");
    request.places = {options.text("place")};
  }
  const Digest digest = sha256(envelope.payload);
  request.policy = digest.hex();
  if (!policy.registry.empty()) {
    const Registry registry(policy.registry);
    request.registry = registry.look({&key, 1});
    if (request.privacy) add_budget(policy.registry, {&key, 1}, *request.privacy);
    if (!options.has("runs")) request.runs = AccessLog(registry.access_log()).admitted(digest);
  }

  bool admitted = true;
  for (const Clause& clause : explain(policy, request)) {
    std::cout << fmt::format("{:4} {:<24} {}\n", clause.holds ? "ok" : "NO", clause.rule,
                             clause.detail);
    admitted = admitted && clause.holds;
  }
  std::cout << (admitted ? "admitted\n" : "refused\n");
  return static_cast<int>(admitted ? ExitCode::ok : ExitCode::policy);
}

}  // namespace bailiwick

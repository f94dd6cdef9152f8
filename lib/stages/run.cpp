// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/run.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/egress_meter.hpp"
#include "lib/runtime/slurm.hpp"
#include "lib/stages/access_log.hpp"
#include "lib/stages/load_rows.hpp"

namespace bailiwick {

namespace {

/// A domain's manifests, policy and keys, opened and verified on its own ranks.
struct Documents {
  std::vector<PartitionManifest> manifests;
  Policy policy;
  Digest policy_digest;
};

Documents open_documents(const DomainConfig& domain) {
  std::vector<PublicKey> keys;
  for (const std::string& path : domain.keys)
    keys.push_back(PublicKey::load(path));
  Documents documents;
  for (const std::string& path : domain.partitions)
    documents.manifests.push_back(io::read_manifest(path, keys));
  const std::string text = read_file(domain.policy);
  const Envelope envelope = envelope_from_json(text, domain.policy, ExitCode::policy);
  const std::string payload =
      open_envelope(envelope, policy_type, keys, domain.policy, ExitCode::policy);
  // Nobody speaks for another owner: who signed rows must have signed the terms for them.
  std::vector<PublicKey> signers;
  for (const PublicKey& key : keys)
    if (std::ranges::any_of(envelope.signatures,
                            [&](const auto& signature) { return signature.key_id == key.id(); }))
      signers.push_back(key);
  for (const std::string& path : domain.partitions)
    try {
      io::read_manifest(path, signers);
    } catch (const Error& error) {
      if (error.code() != ExitCode::integrity) throw;  // it could not even be read
      throw Error(ExitCode::policy,
                  "{}: is not signed by the key that signed {}: terms cover the rows of those who "
                  "signed them (policy sign takes --key again for every owner)",
                  domain.policy, io::manifest_path(path));
    }
  documents.policy =
      policy_from_odrl(parse_json(payload, domain.policy, ExitCode::policy), domain.policy);
  documents.policy_digest = sha256(payload);
  return documents;
}

}  // namespace

Json to_json(const std::vector<Clause>& clauses) {
  Json list = Json::array();
  for (const Clause& clause : clauses)
    list.push_back({{"rule", clause.rule}, {"holds", clause.holds}, {"detail", clause.detail}});
  return list;
}

std::uint64_t visible_blocks(const DomainConfig& domain) {
  std::uint64_t blocks = 0;
  try {
    std::vector<PublicKey> keys;
    for (const std::string& path : domain.keys)
      keys.push_back(PublicKey::load(path));
    for (const std::string& path : domain.partitions)
      blocks += io::read_manifest(path, keys).blocks();
  } catch (const Error&) {
    return 0;
  }
  return blocks;
}

std::uint64_t DomainFacts::rows() const {
  std::uint64_t total = 0;
  for (const Partition& partition : partitions)
    total += partition.rows;
  return total;
}

RunConfig load_run_config(const Communicator& world, const std::string& path,
                          const Overrides& overrides) {
  const EgressPurpose purpose("config");
  std::string text;
  agree(world, [&] {
    if (world.is_root()) try {
        text = read_file(path);
      } catch (const Error& error) {
        throw Error(ExitCode::config, error.what());
      }
  });
  text = world.broadcast(0, text);
  RunConfig config;
  agree(world, [&] { config = parse_run_config(text, path, overrides); });
  return config;
}

Run::Run(Session& session, RunConfig config, std::vector<Action> actions, bool verdicts_only)
    : session_(session), config_(std::move(config)) {
  config_digest_ = sha256(resolved_yaml(config_));
  find_places();
  const EgressPurpose purpose("decomposition");

  std::vector<std::int64_t> blocks(config_.domains.size(), 0);
  if (world().is_root())
    for (std::size_t i = 0; i < blocks.size(); ++i)
      blocks[i] = static_cast<std::int64_t>(visible_blocks(config_.domains[i]));
  world().broadcast(0, blocks);
  std::vector<std::vector<int>> home = ranks_at_home(config_.domains, places_);
  std::vector<DomainShape> shapes;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    shapes.push_back({config_.domains[i].name, static_cast<std::uint64_t>(blocks[i]),
                      config_.domains[i].ranks.value_or(std::vector<int>()), std::move(home[i])});
  decomposition_.emplace(world(), std::move(shapes));
  boundary_.emplace(*decomposition_);

  decide(actions, verdicts_only);
  std::uint64_t contributors = 1;
  for (const DomainFacts& domain : domains_)
    contributors = std::max(contributors, domain.minimum_contributors);
  boundary_->require_contributors(contributors);
  if (several_sums(actions) && config_.boundary.secure_aggregation && !verdicts_only) start_masks();
}

bool Run::several_sums(const std::vector<Action>& actions) const {
  return config_.domains.size() > 1 && actions.front() != Action::predict;
}

void Run::start_masks() {
  Sha256 terms;
  terms.update(config_.name);
  for (const Artefact& artefact : dependencies())
    terms.update(artefact.name).update(artefact.sha256.hex());
  std::vector<MaskParty> parties;
  agree(world(), [&] {
    for (const DomainConfig& domain : config_.domains) {
      parties.push_back({domain.name, {}});
      for (const std::string& path : domain.keys)
        parties.back().keys.push_back(PublicKey::load(path));
    }
  });
  boundary_->start_masks(terms.finish(), parties, [&](std::size_t i) {
    return PrivateKey::load(config_.domains[i].session_key.value());
  });
}

void Run::find_places() {
  const EgressPurpose purpose("places and verdicts");
  std::string node;
  agree(world(), [&] {
    site_ = open_site(config_.site);
    node = node_of_rank();
  });
  const std::vector<std::string> nodes = world().gather(node);
  std::string asked;
  agree(world(), [&] {
    if (!world().is_root() || site_.site.slurm_features.empty()) return;
    const std::set<std::string> distinct(nodes.begin(), nodes.end());
    asked = Json(slurm_features({distinct.begin(), distinct.end()})).dump();
  });
  asked = world().broadcast(0, asked);
  std::map<std::string, std::vector<std::string>> features;
  if (!asked.empty())
    features = parse_json(asked, "features", ExitCode::bug)
                   .get<std::map<std::string, std::vector<std::string>>>();
  agree(world(), [&] {
    for (const std::string& name : nodes)
      places_.push_back({name, site_.site.place_of(name, features[name])});
  });
}

void Run::decide(const std::vector<Action>& actions, bool verdicts_only) {
  const EgressPurpose purpose("places and verdicts");
  Json verdicts = Json::array();
  agree(world(), [&] {
    for (std::size_t d = 0; d < decomposition_->local_domains().size(); ++d) {
      const std::size_t index = decomposition_->local_domains()[d];
      const DomainConfig& domain = config_.domains[index];
      Documents documents = open_documents(domain);

      AccessRequest request;
      request.domain = domain.name;
      request.actions = actions;
      request.purpose = config_.purpose;
      request.now = utc_now();
      for (const int rank : decomposition_->ranks_of(index))
        request.places.push_back(places_[static_cast<std::size_t>(rank)].place);
      request.site_key = site_.key;
      request.recipients = config_.recipients;
      request.parties = config_.domains.size();
      request.sums_cross = several_sums(actions);
      request.unmasked = request.sums_cross && !config_.boundary.secure_aggregation;
      request.exact = actions.front() != Action::predict;
      // The first rank of a domain counts for all of it: its refusal is everyone's.
      if (domain.access_log && decomposition_->leads(d))
        request.runs = AccessLog(*domain.access_log).admitted(documents.policy_digest);
      request.counted = domain.access_log.has_value();
      request.unstratified_survival =
          config_.model.kind == ModelKind::cox && config_.model.strata == Strata::none;
      request.per_domain_statistics =
          (actions.front() == Action::evaluate && config_.evaluate.per_domain) ||
          (actions.front() == Action::describe && config_.describe.per_domain);
      request.partitions = documents.manifests;

      const auto decision = PolicyGate::decide(documents.policy, documents.policy_digest, request);
      const auto* admission = std::get_if<Admission>(&decision);
      const auto* refusal = std::get_if<Refusal>(&decision);
      if (decomposition_->leads(d)) {
        const Json clauses = to_json(admission ? admission->clauses() : refusal->clauses);
        Json partitions = Json::array();
        for (const PartitionManifest& manifest : documents.manifests)
          partitions.push_back(
              {{"name", manifest.name}, {"rows", manifest.rows}, {"root", manifest.root.hex()}});
        verdicts.push_back({{"index", index},
                            {"admitted", admission != nullptr},
                            {"refusal", refusal ? refusal->message() : ""},
                            {"clauses", clauses},
                            {"partitions", partitions},
                            {"policy", documents.policy_digest.hex()},
                            {"uid", documents.policy.uid},
                            {"contributors", documents.policy.minimum_contributors},
                            {"runs", documents.policy.maximum_runs},
                            {"attribute", documents.policy.duties.attribute},
                            {"inform", documents.policy.duties.inform},
                            {"delete_by", documents.policy.duties.delete_by},
                            {"schema", to_json(documents.manifests.front().schema)}});
      }
      for (std::size_t p = 1; p < documents.manifests.size(); ++p)
        if (documents.manifests[p].schema != documents.manifests[0].schema)
          throw Error(
              ExitCode::data, "{}: its schema differs from that of {}: {}", domain.partitions[p],
              domain.partitions[0],
              describe_difference(documents.manifests[0].schema, documents.manifests[p].schema));
      if (admission) {
        std::uint64_t blocks = 0;
        for (const PartitionManifest& manifest : documents.manifests)
          blocks += manifest.blocks();
        const std::vector<int>& ranks = decomposition_->ranks_of(index);
        const auto member = std::find(ranks.begin(), ranks.end(), world().rank()) - ranks.begin();
        local_.push_back(
            {index, *admission, domain.partitions, std::move(documents.manifests),
             share_blocks(blocks, static_cast<int>(ranks.size()), static_cast<int>(member))});
      }
    }
  });

  // Every rank ends with the same list of reasons, in the order of the config.
  domains_.resize(config_.domains.size());
  verdicts_.resize(config_.domains.size());
  std::vector<std::string> reasons(config_.domains.size());
  std::vector<Schema> schemas(config_.domains.size());
  for (const std::string& text : world().gather(verdicts.dump())) {
    for (const Json& entry : parse_json(text, "verdicts", ExitCode::bug)) {
      const auto index = entry.at("index").get<std::size_t>();
      DomainFacts& facts = domains_[index];
      facts.name = config_.domains[index].name;
      facts.jurisdiction = config_.domains[index].jurisdiction;
      facts.ranks = decomposition_->ranks_of(index);
      facts.policy = Digest::from_hex(entry.at("policy").get<std::string>());
      facts.policy_uid = entry.at("uid").get<std::string>();
      facts.minimum_contributors = entry.at("contributors").get<std::uint64_t>();
      facts.maximum_runs = entry.at("runs").get<std::uint64_t>();
      facts.duties = {entry.at("attribute"), entry.at("inform"), entry.at("delete_by")};
      for (const Json& partition : entry.at("partitions"))
        facts.partitions.push_back({partition.at("name"), partition.at("rows"),
                                    Digest::from_hex(partition.at("root").get<std::string>())});
      Verdict& verdict = verdicts_[index];
      verdict.domain = facts.name;
      verdict.admitted = entry.at("admitted").get<bool>();
      for (const Json& clause : entry.at("clauses"))
        verdict.clauses.push_back({clause.at("rule"), clause.at("holds"), clause.at("detail")});
      reasons[index] = entry.at("refusal").get<std::string>();
      schemas[index] = schema_from_json(entry.at("schema"), facts.name);
    }
  }
  schema_ = schemas.front();
  std::erase(reasons, "");
  if (reasons.empty()) check_splits();  // before anything counts as a run
  if (!verdicts_only) log_decisions(actions, reasons.empty());
  if (!reasons.empty() && !verdicts_only)
    throw Error(ExitCode::policy, "refused, and nothing was read:\n  {}", join(reasons, "\n  "));
  for (std::size_t i = 1; i < schemas.size(); ++i)
    if (schemas[i] != schema_)
      throw Error(ExitCode::data,
                  "the partitions of domain {} have another schema than those of {}: {}",
                  config_.domains[i].name, config_.domains[0].name,
                  describe_difference(schema_, schemas[i]));
}

void Run::check_splits() const {
  const std::pair<const char*, const std::string&> keys[] = {
      {"train.split", config_.train.split},
      {"train.descent.early_stopping.split", config_.train.descent.early_stopping.split},
      {"evaluate.split", config_.evaluate.split},
      {"describe.split", config_.describe.split}};
  for (const auto& [key, split] : keys)
    if (!split.empty()) split_code(schema_, split, key);
}

void Run::log_decisions(const std::vector<Action>& actions, bool admitted) const {
  std::vector<std::string> words;
  for (const Action action : actions)
    words.push_back(to_string(action));
  // A request that is refused is written down though its operator's key cannot be opened.
  std::string key;
  agree(world(), [&] {
    if (world().is_root()) try {
        key = PrivateKey::load(config_.operator_key).public_key().id();
      } catch (const Error&) {
        if (admitted) throw;
      }
  });
  key = world().broadcast(0, key);
  session_.at_end([outcome = outcome_](ExitCode code, const std::string& message) {
    outcome->write(code, message);
  });
  agree(world(), [&] {
    for (std::size_t d = 0; d < decomposition_->local_domains().size(); ++d) {
      const std::size_t index = decomposition_->local_domains()[d];
      const std::optional<std::string>& path = config_.domains[index].access_log;
      if (!path || !decomposition_->leads(d)) continue;
      const AccessLog log(*path);
      Json request = {{"time", utc_now()},
                      {"domain", domains_[index].name},
                      {"run", config_.name},
                      {"config", config_digest_.hex()},
                      {"purpose", config_.purpose},
                      {"recipients", config_.recipients},
                      {"actions", words},
                      {"node", node_name()},
                      {"clauses", to_json(verdicts_[index].clauses)}};
      request.update(access_identity(key));
      const Digest line = log.append(std::move(request), domains_[index].policy, admitted,
                                     domains_[index].maximum_runs);
      if (admitted) outcome_->add_request(log, line);
    }
  });
}

std::vector<Artefact> Run::dependencies() const {
  std::vector<Artefact> list;
  list.push_back({"config", config_digest_, Json::object(), {}});
  if (site_.digest) list.push_back({"site", *site_.digest, {{"name", site_.site.name}}, {}});
  list.push_back({"binary", sha256_file("/proc/self/exe"), {{"version", version()}}, {}});
  for (const DomainFacts& domain : domains_) {
    list.push_back({"policy/" + domain.name, domain.policy, {{"uid", domain.policy_uid}}, {}});
    for (const DomainFacts::Partition& partition : domain.partitions)
      list.push_back(
          {"partition/" + partition.name, partition.root, {{"rows", partition.rows}}, {}});
  }
  return list;
}

std::string Run::headline(std::uint64_t rows, std::size_t parameters) const {
  const auto s = [](std::size_t n) { return n == 1 ? "" : "s"; };
  const auto ranks = static_cast<std::size_t>(world().size());
  return fmt::format("{}: {} rows of {} domain{} on {} rank{}, {} parameters", config_.name,
                     with_thousands(static_cast<long long>(rows)), domains_.size(),
                     s(domains_.size()), ranks, s(ranks),
                     with_thousands(static_cast<long long>(parameters)));
}

std::uint64_t Run::rows() const {
  std::uint64_t total = 0;
  for (const DomainFacts& domain : domains_)
    total += domain.rows();
  return total;
}

}  // namespace bailiwick

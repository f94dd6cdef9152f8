// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/run.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "io/partition/partition.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/owner/access_log.hpp"
#include "lib/policy/policy.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/labels.hpp"
#include "lib/run/libraries.hpp"
#include "lib/run/missing_files.hpp"
#include "lib/run/partition_files.hpp"
#include "lib/run/request.hpp"
#include "lib/run/spending.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/slurm.hpp"

namespace bailiwick {

std::uint64_t visible_blocks(const DomainConfig& domain) {
  std::uint64_t blocks = 0;
  try {
    const std::vector<PublicKey> keys = load_public_keys(domain.keys);
    for (const PartitionFile& file : partition_files(domain))
      blocks += io::read_manifest(file.path, keys).blocks();
  } catch (const Error&) {
    return 0;
  }
  return blocks;
}

RunConfig load_run_config(const Communicator& world, const std::string& path,
                          const Language& language, const Overrides& overrides) {
  const EgressPurpose purpose("config");
  ConfigFiles files;
  agree(world, [&] {
    if (world.is_root()) try {
        files = read_config(path);
      } catch (const Error& error) {
        throw Error(ExitCode::config, error.what());
      }
  });
  std::int64_t count = static_cast<std::int64_t>(files.size());
  world.broadcast(0, {&count, 1});
  files.resize(static_cast<std::size_t>(count));
  for (ConfigFile& file : files) {
    file.path = world.broadcast(0, file.path);
    file.text = world.broadcast(0, file.text);
  }
  RunConfig config;
  agree(world, [&] { config = parse_run_config(files, language, overrides); });
  return config;
}

Run::~Run() = default;

Run::Absence::Absence(Run& run, const std::vector<bool>& present) : run_(run) {
  run_.present_ = present;
  for (LocalDomain& domain : run_.local_) {
    held_.push_back(domain.blocks);
    if (!present[domain.index]) domain.blocks.count = 0;
  }
}

Run::Absence::~Absence() {
  run_.present_.clear();
  for (std::size_t d = 0; d < held_.size(); ++d)
    run_.hold(d, held_[d]);
}

void Run::state_model(const Json& model) {
  inputs_->model = model;
}

Run::Run(Session& session, RunConfig config, StageUse use, bool verdicts_only)
    : session_(session),
      config_(std::move(config)),
      use_(use),
      inputs_(std::make_unique<Inputs>(inputs_of(config_, use_))),
      started_(utc_now()),
      outcome_(std::make_shared<AccessOutcome>()) {
  if (use_.of_model && config_.lacks_model)
    throw Error(ExitCode::config, "{}: model: required key is missing", config_.path);
  config_digest_ = sha256(resolved_yaml(config_, config_.output));
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
  demand_files(world(), config_, decomposition_->local_domains());

  decide(verdicts_only);
  // Who predicts asks for no target, and rows have no labels yet.
  if (config_.model.labels && use_.of_model && use_.action != Action::predict)
    open_labels(!verdicts_only);
  std::uint64_t contributors = 1;
  for (const DomainFacts& domain : domains_)
    contributors = std::max(contributors, domain.minimum_contributors);
  std::vector<MinimumRows> rows;
  for (const LocalDomain& domain : local_)
    rows.push_back({domain.minimum_rows, domain.minimum_group_rows});
  boundary_->require_rows(std::move(rows));
  // Rounds count domains; of n domains at least n - (domains - owners) are different owners'.
  boundary_->require_contributors(contributors > 1 ? contributors + domains_.size() - owners()
                                                   : contributors);
  const bool masks = sums_cross(*inputs_, use_) && config_.boundary.secure_aggregation;
  const bool alone = config_.again && world().size() == 1;
  if (masks && !alone && !verdicts_only) start_masks();
  if (spending_ && !verdicts_only) start_noise();
}

/// Labels become one more target of the schema, and are read where rows are going to be.
void Run::open_labels(bool rows) {
  auto stated = std::make_shared<StatedLabels>(read_stated_labels(world(), config_));
  labels_ = stated;
  for (const auto* columns : {&schema().features, &schema().targets})
    if (std::ranges::find(*columns, stated->target.name, &Column::name) != columns->end())
      throw Error(ExitCode::config,
                  "model.labels: the partitions have a column \"{}\" themselves: call the labels "
                  "otherwise (label.target)",
                  stated->target.name);
  for (DomainFacts& domain : domains_)
    domain.schema.targets.push_back(stated->target);
  if (!rows) return;
  delete_by(stated->delete_by);
  agree(world(), [&] {
    check_usable(config_.model.labels->from.value_or(config_.output) + "/" + label_layout::result,
                 stated->result, stated->delete_by);
    for (std::size_t d = 0; d < local_.size(); ++d) {
      LocalDomain& domain = local_[d];
      domain.label_target = stated->target;
      for (std::size_t p = 0; p < domain.manifests.size(); ++p)
        domain.labels.push_back(std::make_shared<const std::vector<std::uint8_t>>(
            read_labels(config_, *stated, name_of(d), domain.manifests[p], key_at_home(d))));
    }
  });
}

void Run::start_masks() {
  Sha256 terms;
  terms.update(config_.name);
  for (const Artefact& artefact : common_dependencies())
    terms.update(artefact.name).update(artefact.sha256.hex());
  std::vector<MaskParty> parties;
  agree(world(), [&] {
    for (const DomainConfig& domain : config_.domains)
      parties.push_back({domain.name, load_public_keys(domain.keys)});
  });
  boundary_->start_masks(terms.finish(), parties, [&](std::size_t i) {
    return PrivateKey::load(config_.domains[i].private_key.value());
  });
}

void Run::find_places() {
  const EgressPurpose purpose("places and verdicts");
  std::string node;
  agree(world(), [&] {
    site_ = open_site(config_.site);
    if (config_.site.key) inputs_->site.public_key = PublicKey::load(*config_.site.key).pem();
    trust_ = open_trust(config_.trust, utc_now());
    node = node_of_rank();
  });
  const std::vector<std::string> nodes = world().gather(node);
  std::string asked;
  agree(world(), [&] {
    if (!world().is_root() || site_.site.slurm_features.empty()) return;
    const std::set<std::string> names(nodes.begin(), nodes.end());
    const SlurmAccess slurm =
        config_.again ? SlurmAccess() : site_.site.slurm.value_or(SlurmAccess());
    asked = Json(slurm_features({names.begin(), names.end()}, slurm.scontrol.value_or(""),
                                slurm.conf.value_or("")))
                .dump();
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

void Run::exchange_facts(const std::vector<Documents>& documents) {
  Json led = Json::array();
  // One that the partitions do not have is reported by check_splits().
  std::string split = config_.train.split;
  for (const Documents& domain : documents)
    if (const auto& known = domain.manifests.front().schema.splits;
        std::ranges::find(known, split) == known.end())
      split.clear();
  for (std::size_t d = 0; d < documents.size(); ++d)
    if (decomposition_->leads(d))
      led.push_back({decomposition_->local_domains()[d], to_json(facts_of(documents[d], split))});
  domains_.resize(config_.domains.size());
  for (const std::string& text : world().gather(led.dump()))
    for (const Json& entry : parse_json(text, "facts", ExitCode::bug)) {
      const auto index = entry.at(0).get<std::size_t>();
      DomainFacts& facts = domains_[index] = facts_from_json(entry.at(1));
      facts.name = config_.domains[index].name;
      facts.jurisdiction = config_.domains[index].jurisdiction;
      facts.ranks = decomposition_->ranks_of(index);
      DomainInputs& recorded = inputs_->domains[index];
      recorded.public_keys = facts.public_keys;
      for (const DomainFacts::Partition& partition : facts.partitions)
        recorded.partitions.push_back(partition.name);
    }
  std::vector<std::vector<std::string>> keys;
  for (const DomainFacts& domain : domains_)
    keys.push_back(domain.owners);
  const std::vector<std::size_t> owner = owners_of(keys);
  for (std::size_t i = 0; i < domains_.size(); ++i)
    domains_[i].owner = owner[i];
  for (const DomainFacts& domain : domains_) {
    delete_by(domain.duties.delete_by);
    if (domain.schema != schema())
      throw Error(ExitCode::data,
                  "the partitions of domain {} have another schema than those of {}: {}",
                  domain.name, domains_[0].name, describe_difference(domain.schema, schema()));
  }
}

void Run::delete_by(const std::string& moment) {
  const auto end = parse_instant(moment), before = parse_instant(delete_by_);
  if (end && (!before || *end < *before)) delete_by_ = moment;
}

void Run::check_usable(const std::string& path, const Digest& what,
                       const std::string& moment) const {
  const std::string now = utc_now();
  if (const auto end = parse_instant(moment); end && *parse_instant(now) >= *end)
    throw Error(ExitCode::policy, "{}: must have been deleted by {}: it says so itself (now {})",
                path, moment, now);
  for (std::size_t d = 0; d < withdrawn_.size(); ++d)
    if (std::ranges::find(withdrawn_[d], what.hex()) != withdrawn_[d].end())
      throw Error(ExitCode::policy, "{}: domain {} has withdrawn it", path,
                  domains_[decomposition_->local_domains()[d]].name);
}

const std::string& Run::key_at_home(std::size_t d) const {
  const std::optional<std::string>& own = config_.domains[local_[d].index].private_key;
  return own ? *own : config_.sign_with;
}

std::size_t Run::owners() const {
  return count_owners(domains_);
}

AccessRequest Run::request_of(std::size_t d, const Documents& documents) const {
  const std::size_t index = decomposition_->local_domains()[d];
  AccessRequest request = bailiwick::request_of(*inputs_, use_);
  add_domains(request, domains_, index);
  request.now = utc_now();
  for (const int rank : decomposition_->ranks_of(index))
    request.places.push_back(places_[static_cast<std::size_t>(rank)].place);
  request.site_key = site_.key;
  request.trust = trust_.key;
  request.trusted = trust_.keys;
  request.registry = documents.registry;
  // The first rank of a domain counts for all of it: its refusal is everyone's.
  if (documents.access_log && decomposition_->leads(d))
    request.runs = AccessLog(*documents.access_log).admitted(documents.policy_digest);
  request.partitions = documents.manifests;
  if (request.privacy && !config_.again)
    add_budget(documents.policy.registry, owner_keys(documents), *request.privacy);
  return request;
}

void Run::admit(std::size_t index, Admission admission, Documents documents) {
  std::uint64_t blocks = 0;
  for (const PartitionManifest& manifest : documents.manifests)
    blocks += manifest.blocks();
  // Each rank looks for files itself, and must find what the first of the domain has found.
  if (!std::ranges::equal(documents.manifests, domains_[index].partitions, {},
                          &PartitionManifest::root, &DomainFacts::Partition::root))
    throw Error(ExitCode::data, "domain {}: its partitions on {} are not those on its first rank",
                domains_[index].name, node_name());
  const std::vector<int>& ranks = decomposition_->ranks_of(index);
  const auto member = std::find(ranks.begin(), ranks.end(), world().rank()) - ranks.begin();
  const auto share = share_blocks(blocks, static_cast<int>(ranks.size()), static_cast<int>(member));
  // Its own terms, and what its partners ask of it.
  const std::uint64_t minimum_group_rows = admission.minimum_group_rows();
  std::uint64_t minimum_rows = admission.minimum_rows();
  for (const DomainFacts& other : domains_)
    if (other.owner != domains_[index].owner)
      minimum_rows = std::max(minimum_rows, other.minimum_partner_rows);
  local_.push_back({index, std::move(admission), std::move(documents.paths),
                    std::move(documents.manifests), share, minimum_rows, minimum_group_rows,
                    outcome_});
}

void Run::decide(bool verdicts_only) {
  const EgressPurpose purpose("places and verdicts");
  std::vector<Documents> documents;
  agree(world(), [&] {
    for (const std::size_t index : decomposition_->local_domains())
      documents.push_back(open_documents(config_.domains[index]));
  });
  exchange_facts(documents);
  std::vector<Documents> terms;  // that budgets are held to
  for (const Documents& domain : documents)
    if (inputs_->privacy) {
      terms.emplace_back().keys = domain.keys;
      terms.back().owners = domain.owners;
      terms.back().policy = domain.policy;
    }
  ask_policies(std::move(documents));
  std::vector<std::string> reasons = refusals();
  if (reasons.empty()) {  // before anything counts as a run
    check_splits();
    check_names();
    if (has_rounds_of_rows(*inputs_, use_)) judge_rounds();
    reasons = refusals();
  }
  if (verdicts_only) return;
  if (reasons.empty() && inputs_->privacy) reserve_budgets(terms);
  log_decisions(reasons.empty());
  if (!reasons.empty())
    throw Error(ExitCode::policy, "refused, and nothing was read:\n  {}", join(reasons, "\n  "));
}

/// Every rank asks the policies of its domains, and all end with the same verdicts.
void Run::ask_policies(std::vector<Documents> documents) {
  Json own = Json::array();
  agree(world(), [&] {
    for (std::size_t d = 0; d < documents.size(); ++d) {
      const std::size_t index = decomposition_->local_domains()[d];
      auto decision = PolicyGate::decide(documents[d].policy, documents[d].policy_digest,
                                         request_of(d, documents[d]));
      auto* admission = std::get_if<Admission>(&decision);
      if (decomposition_->leads(d))
        own.push_back({index, to_json(admission ? admission->clauses()
                                                : std::get<Refusal>(decision).clauses)});
      access_logs_.push_back(documents[d].access_log);
      withdrawn_.push_back(documents[d].registry.withdrawn);
      if (admission) admit(index, std::move(*admission), std::move(documents[d]));
    }
  });
  verdicts_.resize(domains_.size());
  for (const std::string& text : world().gather(own.dump()))
    for (const Json& entry : parse_json(text, "verdicts", ExitCode::bug)) {
      const auto index = entry.at(0).get<std::size_t>();
      verdicts_[index] = {domains_[index].name, clauses_from_json(entry.at(1), "verdicts")};
    }
}

/// One text for each domain that does not admit the run, in the order of the config.
std::vector<std::string> Run::refusals() const {
  std::vector<std::string> reasons;
  for (const Verdict& verdict : verdicts_)
    if (!verdict.admitted()) reasons.push_back(Refusal{verdict.domain, verdict.clauses}.message());
  return reasons;
}

void Run::check_splits() const {
  if (use_.action == Action::predict) return;  // of all rows, of whichever split
  std::vector<std::pair<std::string, std::string>> keys = {
      {"train.split", config_.train.split},
      {"train.descent.early_stopping.split", config_.train.descent.early_stopping.split}};
  if (config_.train.intent) keys.emplace_back("train.intent.split", config_.train.intent->split);
  for (const Section& section : config_.sections)
    keys.emplace_back(std::string(section.type->key) + ".split",
                      section.type->split(section.value));
  for (const auto& [key, split] : keys)
    if (!split.empty()) split_code(schema(), split, key.c_str());
}

/// Of one domain; two may have partitions of one name.
void Run::check_names() const {
  for (const DomainFacts& domain : domains_) {
    std::set<std::string> names;
    for (const DomainFacts::Partition& partition : domain.partitions)
      if (!names.insert(partition.name).second)
        throw Error(
            ExitCode::config,
            "domain {}: two of its partitions are called \"{}\"; predictions and the lineage "
            "would take one for the other",
            domain.name, partition.name);
  }
}

void Run::log_decisions(bool admitted) const {
  std::vector<std::string> words;
  for (const Action action : actions_of(*inputs_, use_))
    words.push_back(to_word(action));
  // A request that is refused is written down though its operator's key cannot be opened.
  std::string key;
  agree(world(), [&] {
    if (world().is_root()) try {
        key = PrivateKey::load(config_.sign_with).public_key().id();
      } catch (const Error& error) {
        if (admitted) throw Error(error.code(), "lineage.sign_with: {}", error.what());
      }
  });
  key = world().broadcast(0, key);
  session_.at_end([outcome = outcome_](ExitCode code, const std::string& message) {
    outcome->write(code, message);
  });
  agree(world(), [&] {
    for (std::size_t d = 0; d < decomposition_->local_domains().size(); ++d) {
      const std::size_t index = decomposition_->local_domains()[d];
      const std::optional<std::string>& path = access_logs_[d];
      if (!path || !decomposition_->leads(d)) continue;
      const AccessLog log(*path);
      Json request = {{"time", utc_now()},
                      {"domain", domains_[index].name},
                      {"serial", domains_[index].policy_serial},
                      {"run", config_.name},
                      {"config", config_digest_.hex()},
                      {"purpose", config_.purpose},
                      {"recipients", config_.recipients},
                      {"actions", words},
                      {"node", node_name()},
                      {"clauses", to_json(verdicts_[index].clauses)}};
      request.update(access_identity(key));
      if (!domains_[index].reservation.empty()) request["budget"] = domains_[index].reservation;
      const Digest line = log.append(std::move(request), domains_[index].policy, admitted,
                                     domains_[index].maximum_runs);
      if (admitted) outcome_->add_request(log, line);
    }
  });
}

std::vector<Artefact> Run::dependencies() const {
  std::vector<Artefact> list = common_dependencies();
  list.push_back({dependency::libraries, libraries_at_start().digest, Json::object(), {}});
  return list;
}

std::vector<Artefact> Run::common_dependencies() const {
  static const Digest program = sha256_file("/proc/self/exe");
  std::vector<Artefact> list;
  list.push_back({dependency::config, config_digest_, Json::object(), {}});
  if (site_.digest)
    list.push_back({dependency::site, *site_.digest, {{"name", site_.site.name}}, {}});
  list.push_back({dependency::binary, program, {{"version", version()}}, {}});
  if (labels_) list.push_back({dependency::labels, labels_->result, Json::object(), {}});
  for (const DomainFacts& domain : domains_) {
    list.push_back(
        {dependency::policy(domain.name), domain.policy, {{"uid", domain.policy_uid}}, {}});
    for (const DomainFacts::Partition& partition : domain.partitions)
      list.push_back({dependency::partition(domain.name, partition.name),
                      partition.root,
                      {{"rows", partition.rows}},
                      {}});
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

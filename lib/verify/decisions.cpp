// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/decisions.hpp"

#include <algorithm>
#include <set>

#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/policy/gate.hpp"
#include "lib/policy/policy.hpp"
#include "lib/record/decisions.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/request.hpp"
#include "lib/run/verdict.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// Clocks of nodes differ, and the first rank's is not that of the one that asks a policy.
constexpr std::int64_t clocks_differ_by = 3600;

/// What a clause about time was judged by: "… (now 2026-01-31T00:00:00Z)".
std::string moment_of(const std::vector<Clause>& clauses) {
  const auto clause = std::ranges::find(clauses, "valid from", &Clause::rule);
  if (clause == clauses.end()) return "";
  const std::string_view detail = clause->detail, before = "(now ";
  const std::size_t at = detail.rfind(before);
  if (at == std::string_view::npos || !detail.ends_with(')')) return "";
  const std::string_view moment = detail.substr(at + before.size());
  return std::string(moment.substr(0, moment.size() - 1));
}

/// One domain's part of the decisions.
struct StatedVerdict {
  DomainFacts facts;
  std::string policy;  ///< its digest, in hexadecimal
  bool admitted = false;
  std::vector<Clause> clauses;
  Json duties;
};

/// Holds the decisions of one session against all that is known.
class DecisionCheck {
 public:
  DecisionCheck(const StatedDecisions& stated, const Inputs& inputs, const KnownDocuments& known)
      : stated_(stated),
        inputs_(inputs),
        known_(known),
        use_(find_stage(stated.statement.build_type).use) {}

  std::vector<std::string> problems() {
    check_ranks();
    read_domains();
    check_domains();
    if (!wrong_.empty()) return wrong_;  // what is incomplete can not be asked again
    for (std::size_t i = 0; i < verdicts_.size(); ++i)
      ask_again(i);
    return wrong_;
  }

 private:
  void demand(bool holds, const std::string& why) {
    if (!holds) wrong_.push_back(why);
  }
  template <class T>
  T member(const Json& object, const char* key) const {
    return json_member<T>(object, key, stated_.what);
  }

  /// Of a site that was in force in this session.
  const OpenedSite* site() const {
    const Artefact* named = find_dependency(stated_.statement, dependency::site);
    if (!known_.site || (named == nullptr) == known_.site->digest.has_value()) return nullptr;
    return named == nullptr || named->sha256 == *known_.site->digest ? &*known_.site : nullptr;
  }

  void check_ranks() {
    const Json& decisions = stated_.decisions;
    demand(member<std::string>(decisions, "format") == "bailiwick-decisions" &&
               member<int>(decisions, "version") == 1,
           "are no decisions of version 1");
    const auto name = member<std::string>(decisions, "site");
    demand(is_builder_of(stated_.statement.builder, name), "site is not the statement's builder");
    for (const Json& rank : member<Json>(decisions, "ranks")) {
      ranks_.push_back({member<std::string>(rank, "node"), member<std::string>(rank, "place")});
      if (site() != nullptr) check_place(site()->site, ranks_.back());
    }
    demand(stated_.statement.internal_parameters.value("ranks", Json()) == ranks_.size(),
           fmt::format("have {} ranks, and the statement another number", ranks_.size()));
  }

  /// Slurm cannot be asked again, but a feature's place is one that the site knows.
  void check_place(const Site& site, const RankPlace& rank) {
    const std::string by_name = site.place_of(rank.node);
    const bool by_feature =
        by_name.empty() && std::ranges::any_of(site.slurm_features, [&](const auto& feature) {
          return feature.second == rank.place;
        });
    demand(rank.place == by_name || by_feature,
           fmt::format("node {} is not in {} by the site", rank.node,
                       rank.place.empty() ? "no place" : rank.place));
  }

  void read_domains() {
    for (const Json& domain : member<Json>(stated_.decisions, "domains")) {
      StatedVerdict& verdict = verdicts_.emplace_back();
      verdict.facts.name = member<std::string>(domain, "domain");
      const Json policy = member<Json>(domain, "policy");
      verdict.facts.policy_uid = member<std::string>(policy, "uid");
      verdict.facts.policy_serial = member<std::uint64_t>(policy, "serial");
      verdict.policy = member<std::string>(policy, "sha256");
      verdict.facts.owners = member<std::vector<std::string>>(domain, "owners");
      verdict.facts.ranks = member<std::vector<int>>(domain, "ranks");
      verdict.admitted = member<bool>(domain, "admitted");
      verdict.clauses = clauses_from_json(member<Json>(domain, "clauses"), stated_.what);
      verdict.duties = member<Json>(domain, "duties");
    }
  }

  void check_domains() {
    const bool same = std::ranges::equal(
        verdicts_, inputs_.domains, {}, [](const StatedVerdict& v) { return v.facts.name; },
        &DomainInputs::name);
    demand(same, "domains are not those of inputs.json");
    if (!same) return;
    std::vector<std::vector<std::string>> keys;
    std::set<int> busy;
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      check_domain(verdicts_[i], inputs_.domains[i]);
      keys.push_back(verdicts_[i].facts.owners);
      busy.insert(verdicts_[i].facts.ranks.begin(), verdicts_[i].facts.ranks.end());
    }
    demand(busy.size() == ranks_.size(), "a rank holds no domain");
    const std::vector<std::size_t> owner = owners_of(keys);
    for (std::size_t i = 0; i < verdicts_.size(); ++i)
      verdicts_[i].facts.owner = owner[i];
  }

  void check_domain(StatedVerdict& verdict, const DomainInputs& domain) {
    const auto demand_here = [&](bool holds, const std::string& why) {
      demand(holds, fmt::format("domain {}: {}", domain.name, why));
    };
    DomainFacts& facts = verdict.facts;
    const Artefact* policy = find_dependency(stated_.statement, dependency::policy(domain.name));
    demand_here(policy != nullptr && policy->sha256.hex() == verdict.policy,
                "its policy is not the statement's");
    if (policy != nullptr) facts.policy = policy->sha256;
    demand_here(verdict.admitted, "is not admitted");
    std::vector<std::string> rules;
    for (const Clause& clause : verdict.clauses) {
      rules.push_back(clause.rule);
      demand_here(clause.holds, clause.rule + ": does not hold");
    }
    demand_here(rules == rules_asked(inputs_, use_), "its clauses are not those of such a run");
    demand_here(!facts.owners.empty(), "has no owner");
    const std::set<int> distinct(facts.ranks.begin(), facts.ranks.end());
    demand_here(!distinct.empty() && distinct.size() == facts.ranks.size() &&
                    *distinct.begin() >= 0 &&
                    static_cast<std::size_t>(*distinct.rbegin()) < ranks_.size() &&
                    (!domain.ranks || *domain.ranks == facts.ranks),
                "its ranks are not ranks of this run, or not those of inputs.json");
    const std::string prefix = dependency::partition(domain.name, "");
    for (const Artefact& artefact : stated_.statement.dependencies)
      if (artefact.name.starts_with(prefix))
        facts.partitions.push_back(
            {artefact.name.substr(prefix.size()),
             json_member<std::uint64_t>(artefact.annotations, "rows", artefact.name),
             artefact.sha256, 0, 0});
    check_moment(verdict);
  }

  /// The decision was taken when its session started, as the statement says.
  void check_moment(const StatedVerdict& verdict) {
    const std::string moment = moment_of(verdict.clauses);
    const auto now = parse_instant(moment), start = parse_instant(stated_.statement.started);
    // A clock that was set back is held still at the end of the session before.
    const bool held =
        stated_.before != nullptr && stated_.before->finished == stated_.statement.started;
    const bool near = is_utc_second(moment) && start &&
                      now->seconds <= start->seconds + clocks_differ_by &&
                      (held || now->seconds >= start->seconds - clocks_differ_by);
    demand(near,
           fmt::format("domain {}: was asked at \"{}\", which is not when the session started",
                       verdict.facts.name, moment));
  }

  /// What the domain's policy says, if it is known, to what the run asked.
  void ask_again(std::size_t i) {
    const StatedVerdict& verdict = verdicts_[i];
    const DomainFacts& facts = verdict.facts;
    const auto known = known_.policies.find(facts.name);
    if (known == known_.policies.end() || known->second.digest != facts.policy) return;
    const SignedPolicy& terms = known->second;
    const auto demand_here = [&](bool holds, const std::string& why) {
      demand(holds, fmt::format("domain {}: {}", facts.name, why));
    };
    demand_here(facts.owners == terms.owners, "its owners did not sign its policy, or others did");
    demand_here(facts.policy_uid == terms.policy.uid && facts.policy_serial == terms.policy.serial,
                "its policy has another uid or serial");
    demand_here(verdict.duties == duties_json(terms.policy.duties),
                "its duties are not its policy's");
    const std::set<std::string> skipped = not_asked_again(terms.policy);
    const std::vector<Clause> again = explain(terms.policy, request_for(i));
    for (std::size_t c = 0; c < again.size(); ++c) {
      if (skipped.contains(again[c].rule)) continue;
      demand_here(again[c].holds, fmt::format("{}: {}", again[c].rule, again[c].detail));
      demand_here(!again[c].holds || again[c].detail == verdict.clauses[c].detail,
                  fmt::format("{}: is said to be \"{}\", and is \"{}\"", again[c].rule,
                              verdict.clauses[c].detail, again[c].detail));
    }
  }

  /// What only the owner's folder, the trust's list of that time and the site could tell.
  std::set<std::string> not_asked_again(const Policy& policy) const {
    std::set<std::string> rules;
    if (!policy.registry.empty()) rules.insert("registry");
    if (inputs_.privacy) rules.insert("privacy budget");
    if (policy.maximum_runs > 0) rules.insert("maximum runs");
    if (!policy.trust.empty()) rules.insert("partners");
    if (site() == nullptr) rules.insert("site");
    return rules;
  }

  AccessRequest request_for(std::size_t i) const {
    std::vector<DomainFacts> domains;
    for (const StatedVerdict& verdict : verdicts_)
      domains.push_back(verdict.facts);
    AccessRequest request = request_of(inputs_, use_);
    add_domains(request, domains, i);
    request.now = moment_of(verdicts_[i].clauses);
    for (const int rank : domains[i].ranks)
      request.places.push_back(ranks_[static_cast<std::size_t>(rank)].place);
    if (site() != nullptr) request.site_key = site()->key;
    for (const DomainFacts::Partition& partition : domains[i].partitions) {
      PartitionManifest& manifest = request.partitions.emplace_back();
      manifest.name = partition.name;
      manifest.rows = partition.rows;
      manifest.root = partition.root;
    }
    return request;
  }

  const StatedDecisions& stated_;
  const Inputs& inputs_;
  const KnownDocuments& known_;
  const StageUse& use_;
  std::vector<RankPlace> ranks_;
  std::vector<StatedVerdict> verdicts_;
  std::vector<std::string> wrong_;
};

}  // namespace

KnownDocuments known_documents(const Inputs& inputs, const Statement& statement,
                               const DocumentFinder& finder) {
  KnownDocuments known;
  // What cannot be opened is found, and told, where the documents themselves are looked at.
  for (const DomainInputs& domain : inputs.domains)
    try {
      const Artefact* policy = find_dependency(statement, dependency::policy(domain.name));
      if (policy == nullptr) continue;
      if (const auto file = finder.policy(domain, policy->sha256))
        known.policies.emplace(domain.name,
                               open_policy(*file, DocumentFinder::recorded_keys(domain)));
    } catch (const Error&) {
    }
  const Artefact* site = find_dependency(statement, dependency::site);
  known.site = finder.site(inputs.site, site == nullptr ? nullptr : &site->sha256);
  return known;
}

std::vector<std::string> decision_problems(const StatedDecisions& stated, const Inputs& inputs,
                                           const KnownDocuments& known) {
  return DecisionCheck(stated, inputs, known).problems();
}

}  // namespace bailiwick

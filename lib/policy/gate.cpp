// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/gate.hpp"

#include <algorithm>
#include <set>

#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/site.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"

namespace bailiwick {

namespace {

bool contains(const auto& items, const auto& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

std::string list_actions(const std::vector<Action>& actions) {
  std::vector<std::string> words;
  for (const Action action : actions)
    words.push_back(to_word(action));
  return join(words);
}

Clause target(const Policy& policy, const AccessRequest& request) {
  std::vector<std::string> names, outside;
  for (const PartitionManifest& partition : request.partitions) {
    names.push_back(partition.name);
    if (!matches(policy.target, partition.name)) outside.push_back(partition.name);
  }
  const std::string covers = fmt::format("the policy covers \"{}\"", policy.target);
  if (names.empty()) return {"target", false, fmt::format("no partition is named ({})", covers)};
  return {"target", outside.empty(),
          fmt::format("{} ({})", join(outside.empty() ? names : outside), covers)};
}

Clause action(const Policy& policy, const AccessRequest& request) {
  std::vector<Action> refused;
  for (const Action asked : request.actions)
    if (!contains(policy.actions, asked)) refused.push_back(asked);
  const std::string permitted = "permitted: " + list_actions(policy.actions);
  if (request.actions.empty())
    return {"action", false, fmt::format("no action is named ({})", permitted)};
  return {
      "action", refused.empty(),
      fmt::format("{} ({})", list_actions(refused.empty() ? request.actions : refused), permitted)};
}

Clause purpose(const Policy& policy, const AccessRequest& request) {
  const bool within = std::ranges::any_of(policy.purposes, [&](const std::string& permitted) {
    return is_within(request.purpose, permitted);
  });
  return {"purpose", within,
          fmt::format("{} (permitted: {})",
                      request.purpose.empty() ? "no purpose is named" : request.purpose,
                      join(policy.purposes))};
}

Clause place(const Policy& policy, const AccessRequest& request) {
  std::set<std::string> inside, outside;
  for (const std::string& here : request.places) {
    const bool allowed =
        !here.empty() && std::any_of(policy.jurisdictions.begin(), policy.jurisdictions.end(),
                                     [&](const std::string& area) { return lies_in(here, area); });
    (allowed ? inside : outside).insert(here.empty() ? "a node in no declared place" : here);
  }
  const std::set<std::string>& named = outside.empty() ? inside : outside;
  const std::vector<std::string> places(named.begin(), named.end());
  return {"place", outside.empty() && !inside.empty(),
          fmt::format("{} (permitted: {})", places.empty() ? "no place is named" : join(places),
                      join(policy.jurisdictions))};
}

Clause site(const Policy& policy, const AccessRequest& request) {
  const std::string key = request.site_key.empty() ? "not signed" : "signed by " + request.site_key;
  return {"site", policy.site_key.empty() || policy.site_key == request.site_key,
          fmt::format("{} ({})", key,
                      policy.site_key.empty() ? "any site file is accepted"
                                              : "required: signed by " + policy.site_key)};
}

Clause recipients(const Policy& policy, const AccessRequest& request) {
  const std::string asked = request.recipients.empty() ? "none is named" : join(request.recipients);
  if (policy.recipients.empty())
    return {"recipients", true, fmt::format("{} (permitted: anybody)", asked)};
  std::vector<std::string> outside;
  for (const std::string& recipient : request.recipients)
    if (std::ranges::none_of(policy.recipients, [&](const std::string& permitted) {
          return normalised_iri(permitted) == normalised_iri(recipient);
        }))
      outside.push_back(recipient);
  return {"recipients", outside.empty() && !request.recipients.empty(),
          fmt::format("{} (permitted: {})", outside.empty() ? asked : join(outside),
                      join(policy.recipients))};
}

Clause kinds(const Policy& policy, const AccessRequest& request) {
  const std::string asked = request.kind.empty() ? "no model" : request.kind;
  const bool any = policy.kinds.empty() || request.kind.empty();
  return {
      "kinds", any || contains(policy.kinds, request.kind),
      fmt::format("{} (permitted: {})", asked, policy.kinds.empty() ? "any" : join(policy.kinds))};
}

/// The same rows twice would count twice.
Clause partitions(const Policy&, const AccessRequest& request) {
  return {"partitions", request.occur_again.empty(),
          request.occur_again.empty() ? "each once in this run"
                                      : "the same rows again: " + join(request.occur_again, "; ")};
}

/// Who else's rows are in the same sums.
Clause partners(const Policy& policy, const AccessRequest& request) {
  if (!request.sums_cross || request.partners.empty())
    return {"partners", true, "no other owner in this run"};
  const bool limited = !policy.partners.empty() || !policy.trust.empty();
  std::vector<std::string> domains, strangers;
  for (const Partner& partner : request.partners) {
    domains.push_back(partner.domain);
    const bool known = std::ranges::all_of(partner.keys, [&](const std::string& key) {
      return contains(policy.partners, key) ||
             (!policy.trust.empty() && policy.trust == request.trust &&
              contains(request.trusted, key));
    });
    if (limited && (!known || partner.keys.empty())) strangers.push_back(partner.domain);
  }
  if (!limited) return {"partners", true, join(domains) + " (permitted: anybody)"};
  return {"partners", strangers.empty(),
          strangers.empty() ? join(domains)
                            : fmt::format("{} (permitted: owners with {} keys{})", join(strangers),
                                          policy.partners.size(),
                                          policy.trust.empty() ? std::string()
                                          : policy.trust != request.trust
                                              ? ", or in a list signed by " + policy.trust +
                                                    "; this run names none by that key"
                                              : ", or in the list signed by " + policy.trust)};
}

Clause minimum_partner_rows(const Policy& policy, const AccessRequest& request) {
  std::vector<std::string> few;
  for (const Partner& partner : request.partners)
    if (request.sums_cross && partner.rows < policy.minimum_partner_rows)
      few.push_back(fmt::format("{} in domain {}", partner.rows, partner.domain));
  return {"minimum partner rows", few.empty(),
          fmt::format("{} (required: {})", few.empty() ? "as many in each" : join(few),
                      policy.minimum_partner_rows)};
}

/// The owner's folder says which of its policies is in force, and what it has withdrawn.
Clause registry(const Policy& policy, const AccessRequest& request) {
  if (policy.registry.empty()) return {"registry", true, "none is bound"};
  const RegistryFacts& facts = request.registry;
  const auto broken = [&](const std::string& why) {
    return Clause{"registry", false, fmt::format("{}: {}", policy.registry, why)};
  };
  if (!facts.problem.empty()) return broken(facts.problem);
  if (facts.current != request.policy)
    return broken(fmt::format("the policy in force there has serial {}, this one {}", facts.serial,
                              policy.serial));
  if (facts.highest_serial > policy.serial)
    return broken(fmt::format("serial {} was in force before, this one has {}",
                              facts.highest_serial, policy.serial));
  std::vector<std::string> withdrawn;
  if (contains(facts.withdrawn, request.policy)) withdrawn.push_back("this policy");
  for (const PartitionManifest& partition : request.partitions)
    if (contains(facts.withdrawn, partition.root.hex()))
      withdrawn.push_back("partition " + partition.name);
  if (!withdrawn.empty()) return broken(join(withdrawn) + ": withdrawn");
  return {"registry", true,
          fmt::format("{}: serial {} is in force", policy.registry, policy.serial)};
}

Clause maximum_runs(const Policy& policy, const AccessRequest& request) {
  if (policy.maximum_runs == 0) return {"maximum runs", true, "no limit"};
  if (policy.registry.empty())
    return {"maximum runs", false,
            fmt::format("not counted, as the policy binds no registry (at most {})",
                        policy.maximum_runs)};
  return {"maximum runs", request.runs < policy.maximum_runs,
          fmt::format("{} before this one (at most {})", request.runs, policy.maximum_runs)};
}

/// Deny wins: one prohibition that the request meets in all it names refuses.
Clause prohibitions(const Policy& policy, const AccessRequest& request) {
  std::vector<std::string> met;
  for (const Prohibition& rule : policy.prohibitions) {
    std::vector<std::string> why;
    const auto names = [&](bool any, const char* what, const std::vector<std::string>& list,
                           const auto& hit) {
      if (any) return true;
      for (const std::string& item : list)
        if (hit(item)) {
          why.push_back(fmt::format("{} {}", what, item));
          return true;
        }
      return false;
    };
    if (rule.action && !contains(request.actions, *rule.action)) continue;
    if (rule.action) why.push_back("action " + to_word(*rule.action));
    if (!names(rule.purposes.empty(), "purpose", rule.purposes,
               [&](const std::string& area) { return may_be_within(request.purpose, area); }))
      continue;
    if (!names(rule.jurisdictions.empty(), "place", rule.jurisdictions,
               [&](const std::string& area) {
                 return std::ranges::any_of(request.places, [&](const std::string& place) {
                   return may_lie_within(place, area);
                 });
               }))
      continue;
    if (!names(rule.recipients.empty(), "recipient", rule.recipients,
               [&](const std::string& forbidden) {
                 return std::ranges::any_of(request.recipients, [&](const std::string& recipient) {
                   return may_lie_in(recipient, forbidden);
                 });
               }))
      continue;
    met.push_back(join(why, " and "));
  }
  return {"forbidden", met.empty(),
          met.empty() ? fmt::format("by none of {} prohibitions", policy.prohibitions.size())
                      : join(met, "; ")};
}

Clause valid_from(const Policy& policy, const AccessRequest& request) {
  const auto now = parse_instant(request.now), from = parse_instant(policy.valid_from);
  return {"valid from", now && from && *now >= *from,
          fmt::format("{} (now {})", policy.valid_from, request.now)};
}

Clause valid_until(const Policy& policy, const AccessRequest& request) {
  const auto now = parse_instant(request.now), until = parse_instant(policy.valid_until);
  return {"valid until", now && until && *now < *until,
          fmt::format("{} (now {})", policy.valid_until, request.now)};
}

/// What must be gone by now cannot be made any more.
Clause delete_by(const Policy& policy, const AccessRequest& request) {
  if (policy.duties.delete_by.empty()) return {"delete by", true, "no date"};
  const auto now = parse_instant(request.now), end = parse_instant(policy.duties.delete_by);
  return {"delete by", now && end && *now < *end,
          fmt::format("{} (now {})", policy.duties.delete_by, request.now)};
}

std::string parties_of(const AccessRequest& request) {
  return request.domains > request.parties
             ? fmt::format("{} with keys of their own in this run of {} domains", request.parties,
                           request.domains)
             : fmt::format("{} in this run", request.parties);
}

Clause minimum_parties(const Policy& policy, const AccessRequest& request) {
  return {"minimum parties", request.parties >= policy.minimum_parties,
          fmt::format("{} (required: {})", parties_of(request), policy.minimum_parties)};
}

/// Each round is asked again which numbers so many domains are in.
Clause minimum_contributors(const Policy& policy, const AccessRequest& request) {
  return {
      "minimum contributors", !request.sums_cross || request.parties >= policy.minimum_contributors,
      fmt::format("at most {} (required: {})", parties_of(request), policy.minimum_contributors)};
}

Clause minimum_rows(const Policy& policy, const AccessRequest& request) {
  std::uint64_t rows = 0;
  for (const PartitionManifest& partition : request.partitions)
    rows += partition.rows;
  return {"minimum rows", rows >= policy.minimum_rows,
          fmt::format("{} in this domain (required: {})", rows, policy.minimum_rows)};
}

Clause allowance(const char* rule, bool asked, bool allowed) {
  return {rule, allowed || !asked,
          fmt::format("{} ({})", asked ? "asked for" : "not asked for",
                      allowed ? "allowed" : "not allowed")};
}

}  // namespace

std::vector<Clause> explain(const Policy& policy, const AccessRequest& request) {
  const Allowances& allow = policy.allow;
  return {target(policy, request),
          action(policy, request),
          purpose(policy, request),
          place(policy, request),
          site(policy, request),
          recipients(policy, request),
          valid_from(policy, request),
          valid_until(policy, request),
          delete_by(policy, request),
          minimum_parties(policy, request),
          minimum_contributors(policy, request),
          minimum_rows(policy, request),
          minimum_partner_rows(policy, request),
          kinds(policy, request),
          partitions(policy, request),
          partners(policy, request),
          registry(policy, request),
          maximum_runs(policy, request),
          allowance("two parties", request.sums_cross && request.parties == 2, allow.two_parties),
          allowance("unmasked sums", request.unmasked, allow.unmasked_sums),
          allowance("exact release", request.exact, allow.exact_release),
          allowance("unstratified survival", request.unstratified_survival,
                    allow.unstratified_survival),
          allowance("per-domain statistics", request.per_domain_statistics,
                    allow.per_domain_statistics),
          prohibitions(policy, request)};
}

std::vector<std::string> clause_rules() {
  std::vector<std::string> rules;
  for (const Clause& clause : explain(Policy(), AccessRequest()))
    rules.push_back(clause.rule);
  return rules;
}

std::string Refusal::message() const {
  std::vector<std::string> broken;
  for (const Clause& clause : clauses)
    if (!clause.holds) broken.push_back(clause.rule + ": " + clause.detail);
  return fmt::format("domain {}: {}", domain, join(broken, "; "));
}

bool Admission::allows(Action action) const {
  return contains(actions_, action);
}

bool Admission::covers(const Digest& partition_root) const {
  return contains(partitions_, partition_root);
}

std::variant<Admission, Refusal> PolicyGate::decide(const Policy& policy,
                                                    const Digest& policy_digest,
                                                    const AccessRequest& request) {
  std::vector<Clause> clauses = explain(policy, request);
  if (!std::all_of(clauses.begin(), clauses.end(), [](const Clause& c) { return c.holds; }))
    return Refusal{request.domain, std::move(clauses)};
  Admission admission;
  admission.domain_ = request.domain;
  admission.policy_ = policy_digest;
  admission.actions_ = request.actions;
  for (const PartitionManifest& partition : request.partitions)
    admission.partitions_.push_back(partition.root);
  admission.clauses_ = std::move(clauses);
  admission.minimum_rows_ = policy.minimum_rows;
  admission.per_domain_statistics_ = request.per_domain_statistics;
  return admission;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/gate.hpp"

#include <algorithm>
#include <iterator>

#include "lib/core/text.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

Clauses explain(const Policy& policy, const AccessRequest& request) {
  Clauses all;
  for_each_term(policy, [&](const auto& term) {
    Clauses own = term.clauses(request);
    std::move(own.begin(), own.end(), std::back_inserter(all));
  });
  return all;
}

std::vector<std::string> clause_rules(bool noise) {
  std::vector<std::string> rules;
  AccessRequest request;
  if (noise) request.privacy.emplace();
  for (const Clause& clause : explain(Policy(), request))
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
  return terms::contains(actions_, action);
}

bool Admission::covers(const Digest& partition_root) const {
  return terms::contains(partitions_, partition_root);
}

std::variant<Admission, Refusal> PolicyGate::decide(const Policy& policy,
                                                    const Digest& policy_digest,
                                                    const AccessRequest& request) {
  Clauses clauses = explain(policy, request);
  if (!std::all_of(clauses.begin(), clauses.end(), [](const Clause& c) { return c.holds; }))
    return Refusal{request.domain, std::move(clauses)};
  Admission admission;
  admission.domain_ = request.domain;
  admission.policy_ = policy_digest;
  admission.actions_ = request.actions;
  for (const PartitionManifest& partition : request.partitions)
    admission.partitions_.push_back(partition.root);
  admission.clauses_ = std::move(clauses);
  admission.minimum_rows_ = std::max(policy.minimum_rows, policy.minimum_group_rows);
  admission.minimum_group_rows_ =
      policy.minimum_group_rows > 0 ? policy.minimum_group_rows : policy.minimum_rows;
  admission.per_domain_statistics_ = request.per_domain_statistics;
  return admission;
}

}  // namespace bailiwick

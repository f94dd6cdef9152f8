// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/request.hpp"

#include <set>
#include <utility>

namespace bailiwick {

namespace {

/// Where else the rows of a domain's partitions occur in the run.
std::vector<std::string> occurrences(const std::vector<DomainFacts>& domains, std::size_t index) {
  std::vector<std::string> again;
  const std::vector<DomainFacts::Partition>& own = domains[index].partitions;
  for (std::size_t p = 0; p < own.size(); ++p)
    for (std::size_t i = 0; i < domains.size(); ++i)
      for (std::size_t q = 0; q < domains[i].partitions.size(); ++q)
        if (std::pair(i, q) != std::pair(index, p) && domains[i].partitions[q].root == own[p].root)
          again.push_back(fmt::format("{} is {} of domain {}", own[p].name,
                                      domains[i].partitions[q].name, domains[i].name));
  return again;
}

}  // namespace

std::vector<Action> actions_of(const std::string& stage) {
  if (stage == "train") return {Action::train, Action::release_model};
  if (stage == "evaluate") return {Action::evaluate, Action::release_statistics};
  if (stage == "describe") return {Action::describe, Action::release_statistics};
  if (stage == "predict") return {Action::predict};
  throw Error(ExitCode::data, "\"{}\" is no stage", stage);
}

bool sums_cross(const RunConfig& config, const std::vector<Action>& actions) {
  return config.domains.size() > 1 && actions.front() != Action::predict;
}

std::size_t count_owners(const std::vector<DomainFacts>& domains) {
  std::set<std::size_t> distinct;
  for (const DomainFacts& domain : domains)
    distinct.insert(domain.owner);
  return distinct.size();
}

AccessRequest request_of(const RunConfig& config, const std::vector<Action>& actions) {
  AccessRequest request;
  request.actions = actions;
  request.purpose = config.purpose;
  request.recipients = config.recipients;
  request.sums_cross = sums_cross(config, actions);
  request.unmasked = request.sums_cross && !config.boundary.secure_aggregation;
  request.exact = actions.front() != Action::predict;
  if (actions.front() != Action::describe) request.kind = to_string(config.model.kind);
  request.unstratified_survival =
      config.model.kind == ModelKind::cox && config.model.strata == Strata::none;
  request.per_domain_statistics =
      (actions.front() == Action::evaluate && config.evaluate.per_domain) ||
      (actions.front() == Action::describe && config.describe.per_domain);
  return request;
}

void add_domains(AccessRequest& request, const std::vector<DomainFacts>& domains,
                 std::size_t index) {
  request.domain = domains[index].name;
  request.policy = domains[index].policy.hex();
  request.domains = domains.size();
  request.parties = count_owners(domains);
  for (const DomainFacts& other : domains)
    if (other.owner != domains[index].owner)
      request.partners.push_back({other.name, other.owners, other.rows()});
  request.occur_again = occurrences(domains, index);
}

bool has_rounds_of_rows(const RunConfig& config, const std::vector<Action>& actions) {
  return actions.front() == Action::train && config.model.kind == ModelKind::mlp;
}

std::vector<std::string> rules_asked(const RunConfig& config, const std::vector<Action>& actions) {
  std::vector<std::string> rules = clause_rules();
  if (!has_rounds_of_rows(config, actions)) return rules;
  rules.emplace_back(rows_of_rounds_rule);
  if (sums_cross(config, actions)) rules.emplace_back(parties_of_rounds_rule);
  return rules;
}

}  // namespace bailiwick

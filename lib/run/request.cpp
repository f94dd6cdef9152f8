// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/request.hpp"
#include "lib/run/inputs.hpp"

#include <algorithm>
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

std::vector<Action> actions_of(const Inputs& inputs, const StageUse& use) {
  std::vector<Action> actions{use.action};
  if (use.fits) actions.push_back(Action::train);
  if (use.describes) actions.push_back(Action::describe);
  if (use.release) actions.push_back(*use.release);
  // A baseline hazard is a statistic over all domains, released with the model.
  if (use.trains && inputs.baseline_hazard) actions.push_back(Action::release_statistics);
  // Who shows domains' own statistics, whatever else, releases statistics.
  if (use.per_domain != nullptr && inputs.per_domain_statistics &&
      std::ranges::find(actions, Action::release_statistics) == actions.end())
    actions.push_back(Action::release_statistics);
  return actions;
}

bool sums_cross(const Inputs& inputs, const StageUse& use) {
  return inputs.domains.size() > 1 && use.crosses;
}

std::size_t count_owners(const std::vector<DomainFacts>& domains) {
  std::set<std::size_t> owners;
  for (const DomainFacts& domain : domains)
    owners.insert(domain.owner);
  return owners.size();
}

AccessRequest request_of(const Inputs& inputs, const StageUse& use) {
  AccessRequest request;
  request.actions = actions_of(inputs, use);
  request.purpose = inputs.purpose;
  request.recipients = inputs.recipients;
  request.sums_cross = sums_cross(inputs, use);
  request.unmasked = request.sums_cross && (!inputs.masked || use.own_sums);
  request.exact = use.crosses && !inputs.privacy;
  if (inputs.privacy) {
    PrivacyRequest& privacy = request.privacy.emplace();
    privacy.epsilon = inputs.privacy->epsilon;
    privacy.delta = inputs.privacy->delta;
    privacy.unit_rows = inputs.privacy->unit_rows;
    privacy.loss = inputs.privacy->loss;
  }
  if (use.of_model) request.kind = inputs.kind;
  request.unstratified_survival = use.event_times || inputs.unstratified_survival;
  request.per_domain_statistics = inputs.per_domain_statistics;
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

bool has_rounds_of_rows(const Inputs& inputs, const StageUse& use) {
  return (use.trains || use.fits) && inputs.network && !inputs.privacy;
}

std::vector<std::string> rules_asked(const Inputs& inputs, const StageUse& use) {
  std::vector<std::string> rules = clause_rules(inputs.privacy.has_value());
  if (!has_rounds_of_rows(inputs, use)) return rules;
  rules.emplace_back(rows_of_rounds_rule);
  if (sums_cross(inputs, use)) rules.emplace_back(parties_of_rounds_rule);
  return rules;
}

}  // namespace bailiwick

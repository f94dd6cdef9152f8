// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Whether what crosses is made of rows and owners enough, as far as can be known before it does.

#include <algorithm>
#include <set>

#include "lib/core/json.hpp"
#include "lib/egress/meter.hpp"
#include "lib/run/lane.hpp"
#include "lib/run/request.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

/// Whether all that crosses when a network is trained is made of rows enough of a domain; and
/// whether some of its rows are in each of it.
std::pair<Clause, bool> Run::judge_rows(const LocalDomain& domain) const {
  std::uint64_t before = 0, all = 0;
  for (std::size_t i = 0; i < domains_.size(); ++i) {
    if (i < domain.index) before += domains_[i].rows_to_train();
    all += domains_[i].rows_to_train();
  }
  const std::uint64_t own = domains_[domain.index].rows_to_train();
  const auto [rows, always] = rows_of_rounds(domain.manifests, config_.train, before, all);
  const bool federated = config_.train.federated.has_value();
  std::string detail = fmt::format("{} of this domain's {} in a {}step (required: {})", rows, own,
                                   federated ? "local " : "", domain.minimum_rows);
  const bool holds = domain.minimum_rows <= 1 || rows >= domain.minimum_rows;
  if (!holds && own >= domain.minimum_rows)
    detail += fmt::format("; set train.descent.batch_rows to {} or more",
                          ((federated ? own : all) - 1) / (own / domain.minimum_rows) + 1);
  return {{rows_of_rounds_rule, holds, detail}, always};
}

/// Whether so many owners' rows are enough for a domain's policy, whatever crosses.
Clause Run::judge_parties(const DomainFacts& domain, std::size_t parties) const {
  std::string detail = fmt::format("{} of {} owners have rows in each (required: {})", parties,
                                   owners(), domain.minimum_parties);
  const bool two = parties == 2 && !domain.two_parties;
  if (two) detail += "; of two, each can compute the other's sums (allow.two_parties)";
  return {parties_of_rounds_rule, parties >= domain.minimum_parties && !two, detail};
}

void Run::judge_rounds() {
  Json own = Json::array();
  agree(world(), [&] {
    for (std::size_t d = 0; d < local_.size(); ++d)
      if (decomposition_->leads(d)) {
        const auto [clause, always] = judge_rows(local_[d]);
        own.push_back({local_[d].index, clause.holds, clause.detail, always});
      }
  });
  std::set<std::size_t> always;  // owners
  for (const std::string& text : world().gather(own.dump()))
    for (const Json& entry : parse_json(text, "verdicts", ExitCode::bug)) {
      const auto index = entry[0].get<std::size_t>();
      verdicts_[index].clauses.push_back({rows_of_rounds_rule, entry[1], entry[2]});
      if (entry[3]) always.insert(domains_[index].owner);
    }
  if (domains_.size() == 1) return;
  for (std::size_t i = 0; i < verdicts_.size(); ++i)
    verdicts_[i].clauses.push_back(judge_parties(domains_[i], always.size()));
}

void Run::check_parties(const std::vector<bool>& has_rows, const std::string& split) const {
  if (domains_.size() == 1) return;
  const EgressPurpose purpose("places and verdicts");
  Json own = Json::array();
  for (std::size_t d = 0; d < has_rows.size(); ++d)
    if (has_rows[d] && decomposition_->leads(d)) own.push_back(domains_[local_[d].index].owner);
  std::set<std::size_t> parties;
  for (const std::string& text : world().gather(own.dump()))
    for (const Json& owner : parse_json(text, "owners", ExitCode::bug))
      parties.insert(owner.get<std::size_t>());
  for (const DomainFacts& domain : domains_)
    if (const Clause clause = judge_parties(domain, parties.size()); !clause.holds)
      throw Error(ExitCode::policy, "domain {}: rows {}: {}", domain.name,
                  split.empty() ? "of non-zero weight" : "of split \"" + split + "\"",
                  clause.detail);
}

}  // namespace bailiwick

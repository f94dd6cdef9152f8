// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Of a run with noise: what its owners' budgets say, and what it reserves there.

#include <algorithm>

#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/owner/registry.hpp"
#include "lib/privacy/json.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/run.hpp"
#include "lib/run/spending.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

void add_budget(const std::string& folder, std::span<const PublicKey> keys,
                PrivacyRequest& privacy) {
  if (folder.empty()) return;
  try {
    privacy.spent = read_budget(Registry(folder), keys).spent;
  } catch (const Error& error) {
    privacy.budget_problem = error.what();
  }
}

Json Run::budgeted(std::size_t index) const {
  Json said = {{"domain", domains_[index].name},           {"stage", to_word(use_.action)},
               {"identity", sha256(inputs_->given).hex()}, {"policy", domains_[index].policy.hex()},
               {"epsilon", inputs_->privacy->epsilon},     {"delta", inputs_->privacy->delta},
               {"loss", to_json(inputs_->privacy->loss)},  {"partitions", Json::array()}};
  for (const DomainFacts::Partition& partition : domains_[index].partitions)
    said["partitions"].push_back(partition.root.hex());
  return said;
}

void Run::reserve_budgets(const std::vector<Documents>& terms) {
  spending_ = std::make_shared<Spending>();
  // Whatever becomes of the run: what did not cross is given back.
  session_.at_end([spending = spending_](ExitCode, const std::string&) { spending->settle(); });
  agree(world(), [&] {
    for (std::size_t d = 0; d < terms.size(); ++d) {
      if (!decomposition_->leads(d)) continue;
      const std::size_t index = decomposition_->local_domains()[d];
      const DomainConfig& domain = config_.domains[index];
      Json said = budgeted(index);
      if (config_.again) {
        spending_->draw_again(d, terms.size(), terms[d], domain.private_key.value(),
                              Digest::from_hex(config_.reservations.at(domain.name)), said);
        continue;
      }
      said.update({{"run", config_.name},
                   {"config", config_digest_.hex()},
                   {"recipients", config_.recipients}});
      spending_->reserve(d, terms.size(), terms[d], domain.private_key.value(),
                         inputs_->privacy->loss, said);
    }
  });
  if (config_.again) return;
  const EgressPurpose purpose("places and verdicts");
  Json own = Json::array();
  for (std::size_t d = 0; d < terms.size(); ++d)
    if (decomposition_->leads(d))
      own.push_back({decomposition_->local_domains()[d], spending_->reservation(d)});
  for (const std::string& text : world().gather(own.dump()))
    for (const Json& entry : parse_json(text, "reservations", ExitCode::bug))
      domains_[entry.at(0).get<std::size_t>()].reservation = entry.at(1);
}

void Run::start_noise() {
  std::vector<std::optional<std::uint64_t>> colluders;
  std::vector<std::size_t> owner;
  for (const DomainFacts& domain : domains_) {
    colluders.push_back(domain.colluders);
    owner.push_back(domain.owner);
  }
  const std::uint64_t honest = honest_domains(owner, colluders);
  if (honest > 1 && !boundary_->masked())
    throw Error(
        ExitCode::policy,
        "privacy.colluders: where domains share the noise nobody may see one's own sum: set "
        "boundary.secure_aggregation: true");
  std::vector<std::optional<Secret>> seeds = spending_->take_seeds();
  seeds.resize(std::max(seeds.size(), local_.size()));
  boundary_->start_noise(Noise(inputs_->privacy->loss, honest, std::move(seeds), spending_->used(),
                               spending_->first()));
}

}  // namespace bailiwick

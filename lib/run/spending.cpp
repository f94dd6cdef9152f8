// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/spending.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <numeric>

#include "lib/owner/registry.hpp"
#include "lib/run/documents.hpp"

namespace bailiwick {

namespace {

/// Noise that another could draw protects nobody, and lines that another signed break a budget.
PrivateKey owners_private_key(const Documents& documents, const std::string& path) {
  PrivateKey key = PrivateKey::load(path);
  const std::string id = key.public_key().id();
  if (std::ranges::find(documents.owners, id) == documents.owners.end())
    throw Error(
        ExitCode::config,
        "{}: private_key: has signed no terms of its domain, whose owner's noise and budget "
        "are made with the owner's own key",
        path);
  return key;
}

}  // namespace

void Spending::reserve(std::size_t d, std::size_t domains, const Documents& documents,
                       const std::string& private_key, const RenyiLoss& loss, const Json& said) {
  const PrivateKey key = owners_private_key(documents, private_key);
  const PrivacyTerms& terms = documents.policy.privacy;
  Reservation reservation{
      BudgetLedger(Registry(documents.policy.registry).budget()), owner_keys(documents), key, {}};
  reservation.line = reservation.ledger.reserve(PrivacyFilter(terms.epsilon, terms.delta), loss,
                                                said, reservation.keys, key);
  take_seed(d, domains, key, reservation.line);
  reservations_[d] = std::move(reservation);
}

void Spending::draw_again(std::size_t d, std::size_t domains, const Documents& documents,
                          const std::string& private_key, const Digest& line, const Json& said) {
  const PrivateKey key = owners_private_key(documents, private_key);
  const std::string path = Registry(documents.policy.registry).budget();
  const BudgetFacts facts = BudgetLedger(path).read(owner_keys(documents));
  const auto charge = std::ranges::find(facts.charges, line, &BudgetFacts::Charge::line);
  if (charge == facts.charges.end() || !charge->settled || charge->first.empty())
    throw Error(
        ExitCode::policy,
        "{}: knows of no run that ended, and crossed with the noise of line {}: only such a "
        "one is made again",
        path, line.hex());
  for (const auto& [member, value] : said.items())
    if (charge->said.value(member, Json()) != value)
      throw Error(ExitCode::policy,
                  "{}: line {} was reserved for another \"{}\": the noise of one run beside the "
                  "sums of another would be taken away by a subtraction",
                  path, line.hex(), member);
  const Digest first = Digest::from_hex(charge->first);
  if (first_ && *first_ != first)
    throw Error(ExitCode::policy, "{}: line {} is of another run than the others'", path,
                line.hex());
  first_ = first;
  take_seed(d, domains, key, line);
}

void Spending::take_seed(std::size_t d, std::size_t domains, const PrivateKey& key,
                         const Digest& line) {
  reservations_.resize(domains);
  seeds_.resize(domains);
  // Of this run alone: no two reserve by one line.
  seeds_[d] = key.derive(line.hex(), "bailiwick noise v1");
}

std::string Spending::reservation(std::size_t d) const {
  const bool made = d < reservations_.size() && reservations_[d];
  return made ? reservations_[d]->line.hex() : std::string();
}

void Spending::settle() const {
  std::exception_ptr failure;
  for (const std::optional<Reservation>& one : reservations_)
    try {
      if (one) one->ledger.settle(one->line, *used_, one->keys, one->key);
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  if (failure) std::rethrow_exception(failure);
}

std::uint64_t honest_domains(const std::vector<std::size_t>& owner,
                             const std::vector<std::optional<std::uint64_t>>& colluders) {
  std::uint64_t honest = owner.size();
  for (std::size_t i = 0; i < owner.size(); ++i) {
    if (!colluders[i]) return 1;
    std::map<std::size_t, std::uint64_t> domains;  // of each other owner
    for (const std::size_t other : owner)
      if (other != owner[i]) ++domains[other];
    std::vector<std::uint64_t> of_owner;
    for (const auto& [other, count] : domains)
      of_owner.push_back(count);
    std::ranges::sort(of_owner, std::greater());
    of_owner.resize(std::min<std::size_t>(of_owner.size(), *colluders[i]));
    const std::uint64_t in_league =
        std::accumulate(of_owner.begin(), of_owner.end(), std::uint64_t{0});
    honest = std::min(honest, owner.size() - in_league);
  }
  return std::max<std::uint64_t>(honest, 1);
}

}  // namespace bailiwick

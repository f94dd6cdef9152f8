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

/// Of this run alone: no two reserve by one line.
Secret seed_of(const PrivateKey& key, const std::string& line) {
  return key.derive(line, "bailiwick noise v1");
}

}  // namespace

void Spending::reserve(std::size_t d, std::size_t domains, const Documents& documents,
                       const std::string& private_key, const RenyiLoss& loss, const Json& said) {
  reservations_.resize(domains);
  seeds_.resize(domains);
  const PrivacyTerms& terms = documents.policy.privacy;
  Reservation reservation{BudgetLedger(Registry(documents.policy.registry).budget()),
                          documents.keys,
                          PrivateKey::load(private_key),
                          {}};
  reservation.line = reservation.ledger.reserve(PrivacyFilter(terms.epsilon, terms.delta), loss,
                                                said, documents.keys, reservation.key);
  seeds_[d] = seed_of(reservation.key, reservation.line.hex());
  reservations_[d] = std::move(reservation);
}

void Spending::draw_again(std::size_t d, std::size_t domains, const std::string& private_key,
                          const std::string& line) {
  reservations_.resize(domains);
  seeds_.resize(domains);
  seeds_[d] = seed_of(PrivateKey::load(private_key), line);
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

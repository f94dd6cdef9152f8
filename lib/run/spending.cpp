// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/spending.hpp"

#include <algorithm>
#include <exception>

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

std::uint64_t honest_parties(std::size_t domains,
                             const std::vector<std::optional<std::uint64_t>>& colluders) {
  std::uint64_t honest = domains;
  for (const std::optional<std::uint64_t>& most : colluders)
    honest = std::min(honest, most && *most < domains ? domains - *most : 1);
  return std::max<std::uint64_t>(honest, 1);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/boundary/noise.hpp"
#include "lib/owner/budget.hpp"
#include "lib/policy/access_request.hpp"

namespace bailiwick {

struct Documents;

/// What a run with noise has reserved in the budgets of the domains that this rank leads. Local.
class Spending {
 public:
  /// One of so many local domains reserves `loss` in its owner's budget, before a row is read; its
  /// secret makes the noise of this run alone. `private_key`: PEM, of one who signed the terms.
  /// Throws as BudgetLedger::reserve, and ExitCode::config of another's key.
  void reserve(std::size_t d, std::size_t domains, const Documents& documents,
               const std::string& private_key, const RenyiLoss& loss, const Json& said);

  /// The noise of a run that is made again, from the line that it reserved then, which must have
  /// been for what is `said`. Nothing is reserved, and settle() tells nobody. Throws
  /// ExitCode::policy if the budget does not say so.
  void draw_again(std::size_t d, std::size_t domains, const Documents& documents,
                  const std::string& private_key, const Digest& line, const Json& said);

  /// Of each local domain; the line that reserved it, in hexadecimal, or nothing.
  std::string reservation(std::size_t d) const;
  /// For the boundary, once.
  std::vector<std::optional<Secret>> take_seeds() { return std::move(seeds_); }
  /// What crossed until now; the boundary counts it.
  const std::shared_ptr<NoiseUse>& used() const { return used_; }
  /// Of a run that is made again: what its first round was computed at, if this rank knows.
  const std::optional<Digest>& first() const { return first_; }

  /// Tells every budget what was used of it. All are told, though one fails; then throws for that.
  void settle() const;

 private:
  struct Reservation {
    BudgetLedger ledger;
    std::vector<PublicKey> keys;
    PrivateKey key;
    Digest line;
  };

  void take_seed(std::size_t d, std::size_t domains, const PrivateKey& key, const Digest& line);

  std::vector<std::optional<Reservation>> reservations_;
  std::vector<std::optional<Secret>> seeds_;
  std::shared_ptr<NoiseUse> used_ = std::make_shared<NoiseUse>();
  std::optional<Digest> first_;
};

/// Adds what the budget in a policy's registry has spent, or why it cannot be told. Not collective.
void add_budget(const std::string& registry, std::span<const PublicKey> keys,
                PrivacyRequest& privacy);

/// Domains that do not tell each other what they know: the fewest that a policy reckons with, by
/// how many other owners (`colluders`, one a domain; none: all) may be in league, who may be those
/// with most domains. `owner`: equal in domains of one owner. 1: each trusts itself alone.
std::uint64_t honest_domains(const std::vector<std::size_t>& owner,
                             const std::vector<std::optional<std::uint64_t>>& colluders);

}  // namespace bailiwick

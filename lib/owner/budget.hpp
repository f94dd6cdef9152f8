// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/privacy/noise_plan.hpp"

namespace bailiwick {

class Registry;

/// What a budget says now, as it was read.
struct BudgetFacts {
  struct Charge {
    Digest line;     ///< of the reservation
    Json said;       ///< who reserved it, when, for what
    RenyiLoss loss;  ///< what counts: all that was reserved, or what a settlement says was used
    bool settled = false;
    std::string first = {};  ///< what was computed at in its first round, a digest; empty: none was
  };
  std::vector<Charge> charges;
  RenyiLoss spent = RenyiLoss::none();  ///< by all of them
  Digest head{};                        ///< of the last line; zeros: there is none
  std::vector<Digest> lines;
};

/// The owner's ledger of privacy, in its registry (docs/budget.md): one signed line a reservation
/// or settlement, each with the digest of the line before, only ever appended to. It outlives runs.
/// What was reserved counts in full until the run that did it says what it used: who is killed, or
/// never comes back, has used all. Not collective: the first rank of the domain alone uses it.
class BudgetLedger {
 public:
  /// `patience`: seconds that a line waits for other jobs which hold the ledger.
  explicit BudgetLedger(std::string path, double patience = lock_patience_seconds)
      : path_(std::move(path)), patience_(patience) {}

  const std::string& path() const { return path_; }

  /// Whose lines hold under one of the owner's keys. Throws ExitCode::integrity if one does not or
  /// the chain is broken, ExitCode::data if the file cannot be read. No file: nothing was spent.
  BudgetFacts read(std::span<const PublicKey> keys) const;

  /// Appends a reservation of `loss` under a lock and syncs it, if `filter` has room for it beside
  /// all that was charged before; else throws ExitCode::policy and appends nothing. `said`: for
  /// what. Digest of the line.
  Digest reserve(const PrivacyFilter& filter, const RenyiLoss& loss, Json said,
                 std::span<const PublicKey> keys, const PrivateKey& key) const;

  /// Says what of a reservation was used, and what the first round was computed at. Throws
  /// ExitCode::bug if it was more.
  void settle(const Digest& reservation, const NoiseUse& used, std::span<const PublicKey> keys,
              const PrivateKey& key) const;

 private:
  std::string path_;
  double patience_;
};

/// The budget in an owner's registry, held against the access log there. Throws, besides what
/// read() does, ExitCode::integrity if it lacks what the log says was reserved: an older one was
/// put back in its place.
BudgetFacts read_budget(const Registry& registry, std::span<const PublicKey> keys);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/domain/partition_manifest.hpp"
#include "lib/policy/action.hpp"
#include "lib/privacy/renyi.hpp"

namespace bailiwick {

/// Another domain of the run, of another owner.
struct Partner {
  std::string domain;
  std::vector<std::string> keys;  ///< ids of those that signed its rows and its policy
  std::uint64_t rows = 0;
};

/// What lies in the owner's own folder, if its policy names one.
struct RegistryFacts {
  std::string problem;                 ///< why it cannot be looked at; empty: it was
  std::string current;                 ///< digest, in hexadecimal, of the policy now in force
  std::uint64_t serial = 0;            ///< of that policy
  std::uint64_t highest_serial = 0;    ///< of all that were ever admitted
  std::vector<std::string> withdrawn;  ///< digests that nobody may use any more
};

/// What a run with noise costs a unit, and what all before it did.
struct PrivacyRequest {
  double epsilon = 0, delta = 0;
  std::uint64_t unit_rows = 1;  ///< rows of a unit that it uses at most
  RenyiLoss loss = RenyiLoss::none();
  RenyiLoss spent = RenyiLoss::none();  ///< by the owner's budget
  std::string budget_problem;           ///< why that cannot be asked; empty: it was
};

/// What a run asks of a domain, with the facts the decision rests on.
struct AccessRequest {
  std::string domain;
  std::vector<Action> actions;
  std::string purpose;
  std::string now;  ///< RFC 3339, UTC
  std::vector<std::string>
      places;            ///< jurisdiction of every rank that would hold rows; "" = undeclared
  std::string site_key;  ///< id of the key that signed the site file; "" = none did
  std::vector<std::string> recipients;  ///< who is to get the outcome
  std::uint64_t domains = 0;            ///< in the run
  std::uint64_t parties = 0;            ///< owners in the run: domains that share a key are one's
  std::vector<Partner> partners;        ///< all but this owner's
  std::string trust;                    ///< id of the key that signed the config's list of partners
  std::vector<std::string> trusted;     ///< ids of keys in that list
  std::vector<std::string> occur_again;  ///< its partitions that the run names twice, and where
  RegistryFacts registry;
  std::uint64_t runs = 0;   ///< admitted under this policy before, as the registry says
  bool sums_cross = false;  ///< sums of this domain are added to those of others
  bool unmasked = false;    ///< and are not masked
  bool exact = false;       ///< something is released, without noise
  std::string kind;         ///< of the model; empty: there is none
  std::optional<PrivacyRequest> privacy;  ///< it crosses with noise
  bool unstratified_survival = false;
  bool per_domain_statistics = false;
  std::vector<PartitionManifest> partitions;  ///< verified manifests of the domain
  std::string policy;                         ///< digest of the policy, in hexadecimal
};

/// A condition of a policy, and whether a request meets it.
struct Clause {
  std::string rule;  ///< e.g. "purpose"
  bool holds = false;
  std::string detail;  ///< what was asked and what is allowed
};
using Clauses = std::vector<Clause>;

}  // namespace bailiwick

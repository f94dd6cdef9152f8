// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/policy/policy.hpp"

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
  bool unstratified_survival = false;
  bool per_domain_statistics = false;
  std::vector<PartitionManifest> partitions;  ///< verified manifests of the domain
  std::string policy;                         ///< digest of the policy, in hexadecimal
};

struct Clause {
  std::string rule;  ///< e.g. "purpose"
  bool holds = false;
  std::string detail;  ///< what was asked and what is allowed
};

/// Every condition of the policy, in a fixed order, and whether this request meets it. Pure.
std::vector<Clause> explain(const Policy& policy, const AccessRequest& request);

/// The rules of its clauses, in that order. Signed decisions have all of them: another rule is
/// another version of decisions.json.
std::vector<std::string> clause_rules();

struct Refusal {
  std::string domain;
  std::vector<Clause> clauses;  ///< all clauses, held and broken
  std::string message() const;  ///< "domain x: purpose: …; valid until: …"
};

/// Unforgeable proof that a policy allowed what was asked: only PolicyGate makes one.
class Admission {
 public:
  const std::string& domain() const { return domain_; }
  const Digest& policy() const { return policy_; }
  const std::vector<Clause>& clauses() const { return clauses_; }
  bool allows(Action action) const;
  /// Rows of this domain that the policy asks for in all that crosses.
  std::uint64_t minimum_rows() const { return minimum_rows_; }
  /// True if the run asked for this domain's own statistics to be shown to all, and the policy
  /// allows it.
  bool per_domain_statistics() const { return per_domain_statistics_; }
  /// True if rows of the partition with this manifest root may be read.
  bool covers(const Digest& partition_root) const;

 private:
  friend class PolicyGate;
  Admission() = default;

  std::string domain_;
  Digest policy_;
  std::vector<Action> actions_;
  std::vector<Digest> partitions_;
  std::vector<Clause> clauses_;
  std::uint64_t minimum_rows_ = 1;
  bool per_domain_statistics_ = false;
};

class PolicyGate {
 public:
  /// Admits if every clause of explain() holds. Pure: the answer depends on the arguments alone.
  /// `policy_digest` is of the signed bytes.
  static std::variant<Admission, Refusal> decide(const Policy& policy, const Digest& policy_digest,
                                                 const AccessRequest& request);
};

}  // namespace bailiwick

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

/// What a run asks of a domain, with the facts the decision rests on.
struct AccessRequest {
  std::string domain;
  std::vector<Action> actions;
  std::string purpose;
  std::string now;  ///< RFC 3339, UTC
  std::vector<std::string>
      places;  ///< jurisdiction of every rank that would hold rows; "" = undeclared
  std::uint64_t parties = 0;
  bool unstratified_survival = false;
  bool per_domain_statistics = false;
  std::vector<PartitionManifest> partitions;  ///< verified manifests of the domain
};

struct Clause {
  std::string rule;  ///< e.g. "purpose"
  bool holds = false;
  std::string detail;  ///< what was asked and what is allowed
};

/// Every condition of the policy, in a fixed order, and whether this request meets it. Pure.
std::vector<Clause> explain(const Policy& policy, const AccessRequest& request);

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
};

class PolicyGate {
 public:
  /// Admits if every clause of explain() holds. Pure: the answer depends on the arguments alone.
  /// `policy_digest` is of the signed bytes.
  static std::variant<Admission, Refusal> decide(const Policy& policy, const Digest& policy_digest,
                                                 const AccessRequest& request);
};

}  // namespace bailiwick

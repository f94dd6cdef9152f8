// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/policy/access_request.hpp"

namespace bailiwick {

struct Policy;

/// Every condition of the policy, in a fixed order, and whether this request meets it. Pure.
Clauses explain(const Policy& policy, const AccessRequest& request);

/// The rules of its clauses, in that order. Signed decisions have all of them: another rule is
/// another version of decisions.json. `noise`: with those that are only asked of runs with noise.
std::vector<std::string> clause_rules(bool noise);

struct Refusal {
  std::string domain;
  Clauses clauses;              ///< all clauses, held and broken
  std::string message() const;  ///< "domain x: purpose: …; valid until: …"
};

/// Unforgeable proof that a policy allowed what was asked: only PolicyGate makes one.
class Admission {
 public:
  const std::string& domain() const { return domain_; }
  const Digest& policy() const { return policy_; }
  const Clauses& clauses() const { return clauses_; }
  bool allows(Action action) const;
  /// Rows of this domain that the policy asks for in all that crosses.
  std::uint64_t minimum_rows() const { return minimum_rows_; }
  /// Likewise in each group that a result tells of, unless it has none.
  std::uint64_t minimum_group_rows() const { return minimum_group_rows_; }
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
  Clauses clauses_;
  std::uint64_t minimum_rows_ = 1, minimum_group_rows_ = 1;
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

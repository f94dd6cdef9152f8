// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/policy/terms/allow.hpp"
#include "lib/policy/terms/disclosure.hpp"
#include "lib/policy/terms/duties.hpp"
#include "lib/policy/terms/forbid.hpp"
#include "lib/policy/terms/kinds.hpp"
#include "lib/policy/terms/minimum.hpp"
#include "lib/policy/terms/partners.hpp"
#include "lib/policy/terms/permit.hpp"
#include "lib/policy/terms/places.hpp"
#include "lib/policy/terms/privacy.hpp"
#include "lib/policy/terms/purposes.hpp"
#include "lib/policy/terms/recipients.hpp"
#include "lib/policy/terms/registry.hpp"
#include "lib/policy/terms/target.hpp"
#include "lib/policy/terms/validity.hpp"

namespace bailiwick {

template <class... Terms>
struct TermList : Terms... {
  bool operator==(const TermList&) const = default;
};

/// All terms (terms/term.hpp), in the order in which requests are asked and YAML is written.
using AllTerms = TermList<terms::Target, terms::Permit, terms::Purposes, terms::Places,
                          terms::Recipients, terms::Validity, terms::DutyTerm, terms::Minimum,
                          terms::Kinds, terms::Once, terms::Partners, terms::Registry, terms::Allow,
                          terms::Forbid, terms::Privacy, terms::Disclosure>;

/// An owner's terms of use. Whatever is not permitted is forbidden, and a prohibition wins.
struct Policy : AllTerms {
  std::string uid;    ///< IRI naming this policy
  std::string owner;  ///< assigner

  bool operator==(const Policy&) const = default;
};

template <class... Terms>
void for_each_term(TermList<Terms...>& policy, const auto& use) {
  (use(static_cast<Terms&>(policy)), ...);
}
template <class... Terms>
void for_each_term(const TermList<Terms...>& policy, const auto& use) {
  (use(static_cast<const Terms&>(policy)), ...);
}

std::vector<PolicyProblem> problems_of(const Policy& policy);

inline constexpr const char* policy_type = "application/vnd.bailiwick.policy.v1+json";

/// ODRL 2.2 JSON-LD (docs/policy.md).
Json to_odrl(Policy policy);
/// Fails closed: any term, operator or member that is not understood throws ExitCode::policy. The
/// order of permissions, and of constraints in a rule, says nothing.
Policy policy_from_odrl(const Json& json, const std::string& what);
/// What our profile adds to ODRL 2.2, in Turtle.
std::string odrl_profile();

}  // namespace bailiwick

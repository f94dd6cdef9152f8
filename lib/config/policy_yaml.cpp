// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/policy_yaml.hpp"

#include "lib/config/reader.hpp"

namespace bailiwick {

template <>
inline constexpr auto words<Action> = action_words;

template <class Visitor>
void schema(Visitor& v, Policy& policy) {
  int version = 1;
  v.key("version", version, required, is_version(1));
  v.key("uid", policy.uid, required);
  v.key("owner", policy.owner, required);
  v.key("target", policy.target, required);
  v.key("permit", policy.actions, required);
  v.key("purposes", policy.purposes, required);
  v.key("where", policy.jurisdictions, required);
  v.section("valid", [&](auto& s) {
    s.key("from", policy.valid_from, required);
    s.key("until", policy.valid_until, required);
  });
  v.section("minimum", [&](auto& s) {
    s.key("parties", policy.minimum_parties);
    s.key("rows", policy.minimum_rows);
  });
  v.section("allow", [&](auto& s) {
    s.key("unstratified_survival", policy.unstratified_survival);
    s.key("per_domain_statistics", policy.per_domain_statistics);
  });
  // What a policy may say is the policy's own business, in YAML as in ODRL.
  for (const PolicyProblem& problem : problems_of(policy))
    v.check(false, problem.key, problem.message);
}

Policy parse_policy_yaml(const std::string& text, const std::string& path) {
  Policy policy;
  read_yaml(text, path, policy);
  return policy;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/policy_yaml.hpp"

#include "lib/config/reader.hpp"

namespace bailiwick {

template <>
inline constexpr auto words<Action> = action_words;

template <class Visitor>
void schema(Visitor& v, Prohibition& prohibition) {
  v.key("action", prohibition.action);
  v.key("purposes", prohibition.purposes, non_empty);
  v.key("where", prohibition.jurisdictions, non_empty);
  v.key("recipients", prohibition.recipients, non_empty);
}

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
  v.key("serial", policy.serial);
  v.key("site_key", policy.site_key, non_empty);
  v.key("registry", policy.registry, non_empty);
  v.key("partners", policy.partners, non_empty);
  v.key("trust", policy.trust, non_empty);
  v.key("recipients", policy.recipients, non_empty);
  v.section("valid", [&](auto& s) {
    s.key("from", policy.valid_from, required);
    s.key("until", policy.valid_until, required);
  });
  v.section("minimum", [&](auto& s) {
    s.key("parties", policy.minimum_parties);
    s.key("rows", policy.minimum_rows);
    s.key("partner_rows", policy.minimum_partner_rows);
    s.key("contributors", policy.minimum_contributors);
  });
  v.section("maximum", [&](auto& s) { s.key("runs", policy.maximum_runs); });
  v.key("forbid", policy.prohibitions);
  v.section("duties", [&](auto& s) {
    s.key("attribute", policy.duties.attribute, non_empty);
    s.key("inform", policy.duties.inform, non_empty);
    s.key("delete_by", policy.duties.delete_by, non_empty);
  });
  v.section("allow", [&](auto& s) {
    s.key("unstratified_survival", policy.allow.unstratified_survival);
    s.key("per_domain_statistics", policy.allow.per_domain_statistics);
    s.key("exact_release", policy.allow.exact_release);
    s.key("two_parties", policy.allow.two_parties);
    s.key("unmasked_sums", policy.allow.unmasked_sums);
  });
  // What a policy may say is the policy's own business, in YAML as in ODRL.
  v.judge(problems_of(policy));
}

Policy parse_policy_yaml(const std::string& text, const std::string& path) {
  Policy policy;
  read_yaml(text, path, policy);
  return policy;
}

}  // namespace bailiwick

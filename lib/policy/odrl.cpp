// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <charconv>

#include "lib/core/text.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace {

// The form on disk: docs/policy.md. Terms of ODRL 2.2 where it has them, of our profile elsewhere.
constexpr const char* profile = "urn:bailiwick:odrl:v1";
constexpr std::string_view target_prefix = "urn:bailiwick:partition:";
constexpr std::string_view place_prefix = "iso3166:";
constexpr std::string_view term_prefix = "bw:";
constexpr const char* release_risk_sets = "release_unstratified_survival";
constexpr const char* release_per_domain = "release_per_domain_statistics";

Json context() {
  return Json::array({"http://www.w3.org/ns/odrl.jsonld",
                      {{"dpv", "https://w3id.org/dpv#"},
                       // JSON-LD takes a term that ends in "_" for a prefix only if told so.
                       {"DUO", {{"@id", "http://purl.obolibrary.org/obo/DUO_"}, {"@prefix", true}}},
                       {"iso3166", "https://www.iso.org/obp/ui/#iso:code:3166:"},
                       {"bw", std::string(profile) + ":"}}});
}

Json constraint(const char* operand, const char* relation, Json value) {
  return {{"leftOperand", operand}, {"operator", relation}, {"rightOperand", std::move(value)}};
}

Json typed(const std::string& value, const char* type) {
  return {{"@value", value}, {"@type", type}};
}

Json iris(std::string_view prefix, const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names)
    list.push_back({{"@id", std::string(prefix) + name}});
  return list;
}

// Readers that give nothing where something else stands: the comparison in policy_from_odrl says
// what and where.
const Json& at(const Json& json, const std::string& pointer) {
  static const Json nothing;
  const Json::json_pointer where(pointer);
  return json.contains(where) ? json.at(where) : nothing;
}

std::string text(const Json& json, std::string_view prefix = "") {
  if (!json.is_string()) return "";
  const std::string& value = json.get_ref<const std::string&>();
  return value.starts_with(prefix) ? value.substr(prefix.size()) : "";
}

std::vector<std::string> names(const Json& list, std::string_view prefix) {
  std::vector<std::string> names;
  if (list.is_array())
    for (const Json& item : list)
      names.push_back(text(at(item, "/@id"), prefix));
  return names;
}

std::uint64_t count(const Json& json) {
  const std::string digits = text(json);
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Policy understood_part(const Json& json) {
  Policy policy;
  policy.uid = text(at(json, "/uid"));
  const Json& rule = at(json, "/permission/0");
  policy.owner = text(at(rule, "/assigner/vcard:fn"));
  policy.target = text(at(rule, "/target"), target_prefix);
  for (const Json& permission : at(json, "/permission")) {
    const std::string term = text(at(permission, "/action"), term_prefix);
    if (term == release_risk_sets) policy.unstratified_survival = true;
    if (term == release_per_domain) policy.per_domain_statistics = true;
    for (const auto& [action, word] : action_words)
      if (term == word) policy.actions.push_back(action);
  }
  const auto right = [&](int constraint) -> const Json& {
    return at(rule, fmt::format("/constraint/{}/rightOperand", constraint));
  };
  policy.purposes = names(right(0), "");
  policy.jurisdictions = names(right(1), place_prefix);
  policy.valid_from = text(at(right(2), "/@value"));
  policy.valid_until = text(at(right(3), "/@value"));
  policy.minimum_parties = count(at(right(4), "/@value"));
  policy.minimum_rows = count(at(right(5), "/@value"));
  return policy;
}

// The difference between what a policy says and what of it was understood, in words.
std::string describe(const Json& understood, const Json& said) {
  std::vector<std::string> problems;
  for (const Json& change : Json::diff(understood, said)) {
    const std::string where = change.at("path");
    const std::string kind = change.at("op");
    if (kind == "remove")
      problems.push_back(fmt::format("{} is missing", where));
    else if (kind == "replace" && !where.empty())
      problems.push_back(fmt::format("{}: found {}, expected {}", where, change.at("value").dump(),
                                     understood.at(Json::json_pointer(where)).dump()));
    else
      problems.push_back(fmt::format("{}: {} is not understood", where, change.at("value").dump()));
  }
  return join(problems, "; ");
}

}  // namespace

Json to_odrl(const Policy& policy) {
  std::vector<std::string> terms;
  for (const Action action : policy.actions)
    terms.push_back(to_string(action));
  if (policy.unstratified_survival) terms.push_back(release_risk_sets);
  if (policy.per_domain_statistics) terms.push_back(release_per_domain);

  const Json constraints = Json::array(
      {constraint("purpose", "isAnyOf", iris("", policy.purposes)),
       constraint("spatial", "isAnyOf", iris(place_prefix, policy.jurisdictions)),
       constraint("dateTime", "gteq", typed(policy.valid_from, "xsd:dateTime")),
       constraint("dateTime", "lt", typed(policy.valid_until, "xsd:dateTime")),
       constraint("bw:parties", "gteq",
                  typed(std::to_string(policy.minimum_parties), "xsd:nonNegativeInteger")),
       constraint("bw:rows", "gteq",
                  typed(std::to_string(policy.minimum_rows), "xsd:nonNegativeInteger"))});
  // One rule an action: ODRL calls such a policy atomic, and reads it without expanding anything.
  Json permissions = Json::array();
  for (const std::string& term : terms)
    permissions.push_back({{"assigner", {{"@type", "Party"}, {"vcard:fn", policy.owner}}},
                           {"target", std::string(target_prefix) + policy.target},
                           {"action", std::string(term_prefix) + term},
                           {"constraint", constraints}});
  return {{"@context", context()}, {"@type", "Offer"},       {"uid", policy.uid},
          {"profile", profile},    {"conflict", "prohibit"}, {"permission", permissions}};
}

Policy policy_from_odrl(const Json& json, const std::string& what) {
  Policy policy = understood_part(json);
  // A policy is understood if writing down what was understood gives the same policy. So whatever
  // we do not know, wherever it stands, is refused rather than skipped.
  const Json understood = to_odrl(policy);
  if (understood != json)
    throw Error(ExitCode::policy, "{}: not a policy that this version understands: {}", what,
                describe(understood, json));
  std::vector<std::string> problems;
  for (const PolicyProblem& problem : problems_of(policy))
    problems.push_back(problem.key + ": " + problem.message);
  if (!problems.empty()) throw Error(ExitCode::policy, "{}: {}", what, join(problems, "; "));
  return policy;
}

}  // namespace bailiwick

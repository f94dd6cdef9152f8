// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/core/text.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace {

// The form on disk: docs/policy.md. Terms of ODRL 2.2 where it has them, of our profile elsewhere.
constexpr const char* profile = "urn:bailiwick:odrl:v1";
// Of policies that say what version 1 has no terms for.
constexpr const char* profile_2 = "urn:bailiwick:odrl:v2";
constexpr std::string_view target_prefix = "urn:bailiwick:partition:";
constexpr std::string_view place_prefix = "iso3166:";
constexpr std::string_view term_prefix = "bw:";
constexpr std::string_view key_prefix = "urn:bailiwick:key:";
constexpr std::string_view kind_prefix = "urn:bailiwick:kind:";

/// What is allowed besides, each a permission of its own.
constexpr auto allowance_terms = std::to_array<std::pair<bool Allowances::*, const char*>>(
    {{&Allowances::unstratified_survival, "release_unstratified_survival"},
     {&Allowances::per_domain_statistics, "release_per_domain_statistics"},
     {&Allowances::exact_release, "release_exact"},
     {&Allowances::two_parties, "sum_of_two_parties"},
     {&Allowances::unmasked_sums, "release_unmasked_sums"}});

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

/// The right side of the constraint on `operand` by `relation`, wherever in the list it stands.
const Json& right_of(const Json& rule, const char* operand, const char* relation) {
  static const Json nothing;
  for (const Json& constraint : at(rule, "/constraint"))
    if (at(constraint, "/leftOperand") == operand && at(constraint, "/operator") == relation)
      return at(constraint, "/rightOperand");
  return nothing;
}

std::optional<Action> action_of(const Json& rule) {
  const std::string term = text(at(rule, "/action"), term_prefix);
  for (const auto& [action, word] : words<Action>)
    if (term == word) return action;
  return std::nullopt;
}

Policy understood_part(const Json& json) {
  Policy policy;
  policy.uid = text(at(json, "/uid"));
  const Json& rule = at(json, "/permission/0");
  policy.owner = text(at(rule, "/assigner/vcard:fn"));
  policy.target = text(at(rule, "/target"), target_prefix);
  for (const Json& permission : at(json, "/permission")) {
    const std::string term = text(at(permission, "/action"), term_prefix);
    for (const auto& [member, word] : allowance_terms)
      if (term == word) policy.allow.*member = true;
    if (const auto action = action_of(permission)) policy.actions.push_back(*action);
  }
  policy.purposes = names(right_of(rule, "purpose", "isAnyOf"), "");
  policy.jurisdictions = names(right_of(rule, "spatial", "isAnyOf"), place_prefix);
  policy.site_key = text(right_of(rule, "bw:siteKey", "eq"));
  policy.serial = count(at(json, "/bw:serial/@value"));
  policy.registry = text(right_of(rule, "bw:registry", "eq"));
  policy.partners = names(right_of(rule, "bw:partner", "isAllOf"), key_prefix);
  policy.trust = text(right_of(rule, "bw:trust", "eq"));
  if (const Json& rows = right_of(rule, "bw:partnerRows", "gteq"); !rows.is_null())
    policy.minimum_partner_rows = count(at(rows, "/@value"));
  policy.recipients = names(right_of(rule, "recipient", "isAnyOf"), "");
  policy.kinds = names(right_of(rule, "bw:modelKind", "isAnyOf"), kind_prefix);
  policy.valid_from = text(at(right_of(rule, "dateTime", "gteq"), "/@value"));
  policy.valid_until = text(at(right_of(rule, "dateTime", "lt"), "/@value"));
  policy.minimum_parties = count(at(right_of(rule, "bw:parties", "gteq"), "/@value"));
  policy.minimum_rows = count(at(right_of(rule, "bw:rows", "gteq"), "/@value"));
  policy.minimum_contributors = count(at(right_of(rule, "bw:contributors", "gteq"), "/@value"));
  policy.maximum_runs = count(at(right_of(rule, "count", "lteq"), "/@value"));
  for (const Json& duty : at(rule, "/duty")) {
    const std::string action = text(at(duty, "/action"));
    if (action == "attribute") policy.duties.attribute = text(at(duty, "/bw:text"));
    if (action == "inform") policy.duties.inform = text(at(duty, "/informedParty"));
    if (action == "delete")
      policy.duties.delete_by = text(at(right_of(duty, "dateTime", "lt"), "/@value"));
  }
  for (const Json& prohibition : at(json, "/prohibition"))
    policy.prohibitions.push_back({action_of(prohibition),
                                   names(right_of(prohibition, "purpose", "isAnyOf"), ""),
                                   names(right_of(prohibition, "spatial", "isAnyOf"), place_prefix),
                                   names(right_of(prohibition, "recipient", "isAnyOf"), "")});
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

namespace {

Json number(std::uint64_t value) {
  return typed(std::to_string(value), "xsd:nonNegativeInteger");
}

Json constraints_of(const Policy& policy) {
  Json list =
      Json::array({constraint("purpose", "isAnyOf", iris("", policy.purposes)),
                   constraint("spatial", "isAnyOf", iris(place_prefix, policy.jurisdictions)),
                   constraint("dateTime", "gteq", typed(policy.valid_from, "xsd:dateTime")),
                   constraint("dateTime", "lt", typed(policy.valid_until, "xsd:dateTime")),
                   constraint("bw:parties", "gteq", number(policy.minimum_parties)),
                   constraint("bw:rows", "gteq", number(policy.minimum_rows)),
                   constraint("bw:contributors", "gteq", number(policy.minimum_contributors))});
  if (policy.maximum_runs > 0)
    list.push_back(constraint("count", "lteq", number(policy.maximum_runs)));
  if (!policy.recipients.empty())
    list.push_back(constraint("recipient", "isAnyOf", iris("", policy.recipients)));
  if (!policy.site_key.empty()) list.push_back(constraint("bw:siteKey", "eq", policy.site_key));
  if (!policy.registry.empty()) list.push_back(constraint("bw:registry", "eq", policy.registry));
  if (!policy.partners.empty())
    list.push_back(constraint("bw:partner", "isAllOf", iris(key_prefix, policy.partners)));
  if (!policy.trust.empty()) list.push_back(constraint("bw:trust", "eq", policy.trust));
  if (!policy.kinds.empty())
    list.push_back(constraint("bw:modelKind", "isAnyOf", iris(kind_prefix, policy.kinds)));
  if (policy.minimum_partner_rows > 1)
    list.push_back(constraint("bw:partnerRows", "gteq", number(policy.minimum_partner_rows)));
  return list;
}

Json duties_of(const Duties& duties) {
  Json list = Json::array();
  if (!duties.attribute.empty())
    list.push_back({{"action", "attribute"}, {"bw:text", duties.attribute}});
  if (!duties.inform.empty())
    list.push_back({{"action", "inform"}, {"informedParty", duties.inform}});
  if (!duties.delete_by.empty())
    list.push_back(
        {{"action", "delete"},
         {"constraint",
          Json::array({constraint("dateTime", "lt", typed(duties.delete_by, "xsd:dateTime"))})}});
  return list;
}

Json to_odrl(const Prohibition& prohibition, const Json& rule) {
  Json json = rule;
  json["action"] =
      prohibition.action ? std::string(term_prefix) + to_word(*prohibition.action) : "use";
  Json list = Json::array();
  if (!prohibition.purposes.empty())
    list.push_back(constraint("purpose", "isAnyOf", iris("", prohibition.purposes)));
  if (!prohibition.jurisdictions.empty())
    list.push_back(constraint("spatial", "isAnyOf", iris(place_prefix, prohibition.jurisdictions)));
  if (!prohibition.recipients.empty())
    list.push_back(constraint("recipient", "isAnyOf", iris("", prohibition.recipients)));
  if (!list.empty()) json["constraint"] = list;
  return json;
}

}  // namespace

Json to_odrl(const Policy& policy) {
  std::vector<std::string> terms;
  for (const Action action : policy.actions)
    terms.push_back(to_word(action));
  for (const auto& [member, word] : allowance_terms)
    if (policy.allow.*member) terms.emplace_back(word);

  // One rule an action: ODRL calls such a policy atomic, and reads it without expanding anything.
  const Json rule = {{"assigner", {{"@type", "Party"}, {"vcard:fn", policy.owner}}},
                     {"target", std::string(target_prefix) + policy.target}};
  const Json constraints = constraints_of(policy), duties = duties_of(policy.duties);
  Json permissions = Json::array(), prohibitions = Json::array();
  for (const std::string& term : terms) {
    Json& permission = permissions.emplace_back(rule);
    permission["action"] = std::string(term_prefix) + term;
    permission["constraint"] = constraints;
    if (!duties.empty()) permission["duty"] = duties;
  }
  for (const Prohibition& prohibition : policy.prohibitions)
    prohibitions.push_back(to_odrl(prohibition, rule));
  const bool version_2 = policy.serial > 0 || !policy.registry.empty() ||
                         !policy.partners.empty() || !policy.trust.empty() ||
                         !policy.kinds.empty() || policy.minimum_partner_rows > 1;
  Json json = {{"@context", context()},  {"@type", "Offer"},
               {"uid", policy.uid},      {"profile", version_2 ? profile_2 : profile},
               {"conflict", "prohibit"}, {"permission", permissions}};
  if (policy.serial > 0) json["bw:serial"] = number(policy.serial);
  if (!prohibitions.empty()) json["prohibition"] = prohibitions;
  return json;
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

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace {

using odrl::member_of;
using odrl::text_of;

// The form on disk: docs/policy.md. Terms of ODRL 2.2 where it has them, of our profile elsewhere.
constexpr std::array profiles = {"urn:bailiwick:odrl:v1", "urn:bailiwick:odrl:v2",
                                 "urn:bailiwick:odrl:v3"};
constexpr std::string_view target_prefix = "urn:bailiwick:partition:";
constexpr std::string_view term_prefix = "bw:";

Json context() {
  return Json::array({"http://www.w3.org/ns/odrl.jsonld",
                      {{"dpv", "https://w3id.org/dpv#"},
                       // JSON-LD takes a term that ends in "_" for a prefix only if told so.
                       {"DUO", {{"@id", "http://purl.obolibrary.org/obo/DUO_"}, {"@prefix", true}}},
                       {"iso3166", "https://www.iso.org/obp/ui/#iso:code:3166:"},
                       {"bw", std::string(profiles.front()) + ":"}}});
}

Json constraint_of(const char* operand, const char* relation, Json value) {
  return {{"leftOperand", operand}, {"operator", relation}, {"rightOperand", std::move(value)}};
}

/// Calls `odrl` of every term that has one.
void each_odrl(Policy& policy, auto& o) {
  for_each_term(policy, [&](auto& term) {
    if constexpr (requires { term.odrl(o); }) term.odrl(o);
  });
}

/// Writes what terms say.
class Writer {
 public:
  Json constraints = Json::array(), duties = Json::array(), offer = Json::object();
  int version = 1;

  /// Left out if it says what it says anyway.
  template <class T>
  void optional_constraint(const odrl::Operand& operand, const char* relation, const T& value,
                           const auto& form, const std::type_identity_t<T>& left_out = {}) {
    if (value != left_out) constraint(operand, relation, value, form);
  }
  void constraint(const odrl::Operand& operand, const char* relation, const auto& value,
                  const auto& form) {
    version = std::max(version, operand.version);
    constraints.push_back(constraint_of(operand.name, relation, form.write(value)));
  }
  template <class T>
  void of_offer(const odrl::Operand& member, const T& value, const auto& form) {
    if (value == T{}) return;
    version = std::max(version, member.version);
    offer[member.name] = form.write(value);
  }
  void duty(const char* action, const odrl::Operand& member, const std::string& text) {
    if (!text.empty()) duties.push_back({{"action", action}, {member.name, text}});
  }
  void duty(const char* action, const odrl::Operand& member, const auto& value, const auto& form) {
    if (value.empty()) return;
    version = std::max(version, member.version);
    duties.push_back({{"action", action}, {member.name, form.write(value)}});
  }
  void duty_before(const char* action, const std::string& moment) {
    if (moment.empty()) return;
    const Json before = constraint_of("dateTime", "lt", odrl::moment.write(moment));
    duties.push_back({{"action", action}, {"constraint", Json::array({before})}});
  }
};

/// Reads what terms say: nothing where something else stands, since the comparison in
/// policy_from_odrl says what and where.
class Reader {
 public:
  Reader(const Json& offer, const Json& rule) : offer_(offer), rule_(rule) {}

  void constraint(const odrl::Operand& operand, const char* relation, auto& value,
                  const auto& form) const {
    value = form.read(right_of(rule_, operand.name, relation));
  }
  void optional_constraint(const odrl::Operand& operand, const char* relation, auto& value,
                           const auto& form, auto&&...) const {
    const Json& right = right_of(rule_, operand.name, relation);
    if (!right.is_null()) value = form.read(right);
  }
  void of_offer(const odrl::Operand& member, auto& value, const auto& form) const {
    value = form.read(member_of(offer_, member.name));
  }
  void duty(const char* action, const odrl::Operand& member, std::string& text) const {
    text = text_of(member_of(duty_of(action), member.name));
  }
  void duty(const char* action, const odrl::Operand& member, auto& value, const auto& form) const {
    value = form.read(member_of(duty_of(action), member.name));
  }
  void duty_before(const char* action, std::string& moment) const {
    moment = odrl::moment.read(right_of(duty_of(action), "dateTime", "lt"));
  }

 private:
  const Json& duty_of(const char* action) const {
    static const Json nothing;
    for (const Json& duty : member_of(rule_, "duty"))
      if (member_of(duty, "action") == action) return duty;
    return nothing;
  }
  static const Json& right_of(const Json& rule, const char* operand, const char* relation) {
    static const Json nothing;
    for (const Json& constraint : member_of(rule, "constraint"))
      if (member_of(constraint, "leftOperand") == operand &&
          member_of(constraint, "operator") == relation)
        return member_of(constraint, "rightOperand");
    return nothing;
  }

  const Json &offer_, &rule_;
};

std::optional<Action> action_of(const Json& rule) {
  const std::string term = text_of(member_of(rule, "action"), term_prefix);
  for (const auto& [action, word] : words<Action>)
    if (term == word) return action;
  return std::nullopt;
}

Policy understood_part(const Json& json) {
  static const Json nothing;
  Policy policy;
  policy.uid = text_of(member_of(json, "uid"));
  const Json& permissions = member_of(json, "permission");
  const Json& rule = permissions.is_array() && !permissions.empty() ? permissions[0] : nothing;
  policy.owner = text_of(member_of(member_of(rule, "assigner"), "vcard:fn"));
  policy.target = text_of(member_of(rule, "target"), target_prefix);
  for (const Json& permission : permissions) {
    const std::string term = text_of(member_of(permission, "action"), term_prefix);
    for (const terms::Allowance& one : terms::allowances)
      if (term == one.term) policy.allow.*one.allowed = true;
    if (const auto action = action_of(permission)) policy.actions.push_back(*action);
  }
  Reader reader(json, rule);
  each_odrl(policy, reader);
  for (const Json& said : member_of(json, "prohibition")) {
    Prohibition& prohibition = policy.prohibitions.emplace_back();
    prohibition.action = action_of(said);
    Reader conditions(json, said);
    prohibition.odrl(conditions);
  }
  return policy;
}

/// What tells an item of a list from others, where their order says nothing: rules by their action,
/// constraints by what stands left.
Json key_of(const Json& item) {
  return Json::array(
      {member_of(item, "action"), member_of(item, "leftOperand"), member_of(item, "operator")});
}

/// Brings the items of lists in `json` into the order that they have in `said`. With `gaps`, null
/// stands where `said` has what is not among them.
void order_as(const Json& said, Json& json, bool gaps) {
  if (json.is_object() && said.is_object())
    for (auto& [key, value] : json.items())
      order_as(member_of(said, key.c_str()), value, gaps);
  if (!json.is_array() || !said.is_array()) return;
  std::map<Json, std::deque<Json*>> left;
  for (Json& item : json)
    left[key_of(item)].push_back(&item);
  Json ordered = Json::array();
  for (const Json& item : said) {
    std::deque<Json*>& alike = left[key_of(item)];
    if (alike.empty()) {
      if (gaps && !item.is_null()) ordered.push_back(nullptr);
      continue;
    }
    ordered.push_back(std::move(*alike.front()));
    alike.pop_front();
    order_as(item, ordered.back(), gaps);
  }
  for (auto& [key, alike] : left)
    for (Json* item : alike)
      ordered.push_back(std::move(*item));
  json = std::move(ordered);
}

// The difference between what a policy says and what of it was understood, in words.
std::string describe(const Json& understood, const Json& said) {
  std::vector<std::string> problems;
  for (const Json& change : Json::diff(understood, said)) {
    const std::string where = change.at("path");
    const std::string kind = change.at("op");
    if (kind == "remove")
      problems.push_back(
          fmt::format("{} is missing: {}", where, understood.at(Json::json_pointer(where)).dump()));
    else if (kind == "replace" && !where.empty() &&
             !understood.at(Json::json_pointer(where)).is_null())
      problems.push_back(fmt::format("{}: found {}, expected {}", where, change.at("value").dump(),
                                     understood.at(Json::json_pointer(where)).dump()));
    else
      problems.push_back(fmt::format("{}: {} is not understood", where, change.at("value").dump()));
  }
  return join(problems, "; ");
}

}  // namespace

Json to_odrl(Policy policy) {
  std::vector<std::string> actions;
  for (const Action action : policy.actions)
    actions.push_back(to_word(action));
  for (const terms::Allowance& one : terms::allowances)
    if (policy.allow.*one.allowed) actions.emplace_back(one.term);

  Writer writer;
  each_odrl(policy, writer);
  // One rule an action: ODRL calls such a policy atomic, and reads it without expanding anything.
  const Json rule = {{"assigner", {{"@type", "Party"}, {"vcard:fn", policy.owner}}},
                     {"target", std::string(target_prefix) + policy.target}};
  Json json = {{"@context", context()},
               {"@type", "Offer"},
               {"uid", policy.uid},
               {"profile", profiles.at(static_cast<std::size_t>(writer.version) - 1)},
               {"conflict", "prohibit"},
               {"permission", Json::array()}};
  for (const std::string& action : actions) {
    Json& permission = json["permission"].emplace_back(rule);
    permission["action"] = std::string(term_prefix) + action;
    permission["constraint"] = writer.constraints;
    if (!writer.duties.empty()) permission["duty"] = writer.duties;
  }
  for (Prohibition& prohibition : policy.prohibitions) {
    Json& said = json["prohibition"].emplace_back(rule);
    said["action"] =
        prohibition.action ? std::string(term_prefix) + to_word(*prohibition.action) : "use";
    Writer conditions;
    prohibition.odrl(conditions);
    if (!conditions.constraints.empty()) said["constraint"] = conditions.constraints;
  }
  json.update(writer.offer);
  return json;
}

Policy policy_from_odrl(const Json& json, const std::string& what) {
  Policy policy = understood_part(json);
  // A policy is understood if writing down what was understood gives the same policy. So whatever
  // we do not know, wherever it stands, is refused rather than skipped.
  Json understood = to_odrl(policy);
  order_as(json, understood, false);
  if (understood != json) {
    order_as(json, understood, true);
    throw Error(ExitCode::policy, "{}: not a policy that this version understands: {}", what,
                describe(understood, json));
  }
  std::vector<std::string> problems;
  for (const PolicyProblem& problem : problems_of(policy))
    problems.push_back(problem.key + ": " + problem.message);
  if (!problems.empty()) throw Error(ExitCode::policy, "{}: {}", what, join(problems, "; "));
  return policy;
}

namespace {

/// Collects what our profile defines.
class Profile {
 public:
  std::string text;

  void define(const odrl::Operand& term, const char* type) {
    if (*term.definition == '\0') return;
    text += fmt::format("{} {}\n    skos:definition \"{}{}\"@en .\n", term.name, type,
                        term.version == 1 ? "" : fmt::format("Version {}. ", term.version),
                        term.definition);
  }
  void constraint(const odrl::Operand& operand, auto&&...) {
    define(operand, "a odrl:LeftOperand ;");
  }
  void optional_constraint(const odrl::Operand& operand, auto&&...) { constraint(operand); }
  void of_offer(const odrl::Operand& member, auto&&...) { define(member, "a rdf:Property ;"); }
  void duty(const char*, const odrl::Operand& member, auto&&...) {
    define(member, "a rdf:Property ;");
  }
  void duty_before(auto&&...) {}
};

}  // namespace

std::string odrl_profile() {
  Profile profile;
  const auto action = [&](const std::string& name, const char* definition) {
    profile.define({(std::string(term_prefix) + name).c_str(), definition},
                   "a odrl:Action ; odrl:includedIn odrl:use ;");
  };
  for (const auto& [permitted, word] : words<Action>)
    action(word, definition_of(permitted));
  for (const terms::Allowance& one : terms::allowances)
    action(one.term, one.definition);
  Policy untouched;
  each_odrl(untouched, profile);
  std::string head = fmt::format(
      "# The terms that Bailiwick adds to ODRL 2.2; each version has those of the one before.\n"
      "@prefix bw:   <{}:> .\n"
      "@prefix odrl: <http://www.w3.org/ns/odrl/2/> .\n"
      "@prefix rdf:  <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
      "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n\n",
      profiles.front());
  for (const char* version : profiles)
    head += fmt::format("<{}> a odrl:Profile .\n", version);
  return head + "\n" + profile.text;
}

}  // namespace bailiwick

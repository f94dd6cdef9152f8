// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy.hpp"

#include <algorithm>
#include <functional>

#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/policy/gate.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"
#include "lib/run/request.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

Policy example() {
  Policy policy;
  policy.uid = "https://clinic.example/policies/heart-1";
  policy.owner = "Zürich \"Clinic\"";
  policy.target = "heart-*";
  policy.actions = {Action::train, Action::evaluate, Action::release_model};
  policy.purposes = {"dpv:ScientificResearch", "DUO:0000042"};
  policy.jurisdictions = {"CH", "US-OH"};
  policy.valid_from = "2026-01-01T00:00:00+01:00";
  policy.valid_until = "2027-01-01T00:00:00+01:00";
  policy.minimum_parties = 3;
  policy.minimum_rows = 20;
  return policy;
}

PartitionManifest partition(const std::string& name, std::uint64_t rows, std::uint8_t root) {
  PartitionManifest manifest;
  manifest.name = name;
  manifest.rows = rows;
  manifest.root.bytes[0] = root;
  return manifest;
}

AccessRequest allowed() {
  AccessRequest request;
  request.domain = "zurich";
  request.actions = {Action::train, Action::release_model};
  request.purpose = "dpv:ScientificResearch";
  request.now = "2026-06-01T12:00:00Z";
  request.places = {"CH", "CH-ZH", "US-OH"};
  request.parties = 3;
  request.partitions = {partition("heart-a", 12, 1), partition("heart-b", 8, 2)};
  return request;
}

std::string key_id(char digit) {
  return std::string(64, digit);
}

void bind_registry(Policy& policy, AccessRequest& request) {
  policy.registry = "/srv/zurich";
  policy.serial = request.registry.serial = 4;
  request.registry.current = request.policy = "this one";
}

Digest policy_digest() {
  Digest digest;
  digest.bytes.fill(7);
  return digest;
}

std::string refused(const Policy& policy, const AccessRequest& request) {
  const auto decision = PolicyGate::decide(policy, policy_digest(), request);
  return std::holds_alternative<Refusal>(decision) ? std::get<Refusal>(decision).message() : "";
}

std::string odrl_error(const Json& json) {
  try {
    policy_from_odrl(json, "p.json");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::policy);
    return error.what();
  }
  return "";
}

// Every object and array inside `json`, as pointers.
void walk(const Json& json, const Json::json_pointer& here,
          const std::function<void(const Json::json_pointer&)>& visit) {
  visit(here);
  if (json.is_object())
    for (const auto& [key, value] : json.items())
      walk(value, here / key, visit);
  if (json.is_array())
    for (std::size_t i = 0; i < json.size(); ++i)
      walk(json[i], here / i, visit);
}

}  // namespace

TEST_CASE("a request that meets every clause is admitted, to these partitions and actions only") {
  const auto decision = PolicyGate::decide(example(), policy_digest(), allowed());
  REQUIRE(std::holds_alternative<Admission>(decision));
  const Admission& admission = std::get<Admission>(decision);
  CHECK(admission.domain() == "zurich");
  CHECK(admission.policy() == policy_digest());
  CHECK(admission.clauses().size() == 24);
  CHECK(admission.allows(Action::train));
  CHECK_FALSE(admission.allows(Action::evaluate));  // permitted, but not asked for
  CHECK(admission.covers(partition("", 0, 1).root));
  CHECK(admission.covers(partition("", 0, 2).root));
  CHECK_FALSE(admission.covers(partition("", 0, 3).root));
}

TEST_CASE("each clause, broken alone, refuses with its own message") {
  struct Case {
    std::string rule;
    std::function<void(Policy&, AccessRequest&)> spoil;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"target", [](Policy&, AccessRequest& r) { r.partitions[1].name = "lung-b"; },
       "lung-b (the policy covers \"heart-*\")"},
      {"target",
       [](Policy& p, AccessRequest& r) {
         r.partitions.clear();
         p.minimum_rows = 0;
       },
       "no partition is named (the policy covers \"heart-*\")"},
      {"action", [](Policy&, AccessRequest& r) { r.actions.push_back(Action::predict); },
       "predict (permitted: train, evaluate, release_model)"},
      {"action", [](Policy&, AccessRequest& r) { r.actions.clear(); },
       "no action is named (permitted: train, evaluate, release_model)"},
      {"purpose", [](Policy&, AccessRequest& r) { r.purpose = "dpv:Scientific"; },
       "dpv:Scientific (permitted: dpv:ScientificResearch, DUO:0000042)"},
      {"place", [](Policy&, AccessRequest& r) { r.places[2] = "US-NC"; },
       "US-NC (permitted: CH, US-OH)"},
      {"place", [](Policy&, AccessRequest& r) { r.places[0] = "US"; }, "US (permitted: CH, US-OH)"},
      {"place", [](Policy&, AccessRequest& r) { r.places[0] = ""; },
       "a node in no declared place (permitted: CH, US-OH)"},
      {"place", [](Policy&, AccessRequest& r) { r.places.clear(); },
       "no place is named (permitted: CH, US-OH)"},
      {"valid from", [](Policy&, AccessRequest& r) { r.now = "2025-12-31T22:59:59Z"; },
       "2026-01-01T00:00:00+01:00 (now 2025-12-31T22:59:59Z)"},
      {"valid until", [](Policy&, AccessRequest& r) { r.now = "2026-12-31T23:00:00Z"; },
       "2027-01-01T00:00:00+01:00 (now 2026-12-31T23:00:00Z)"},
      {"delete by",
       [](Policy& p, AccessRequest& r) { p.duties.delete_by = r.now = "2026-06-01T00:00:00Z"; },
       "2026-06-01T00:00:00Z (now 2026-06-01T00:00:00Z)"},
      {"minimum contributors",
       [](Policy& p, AccessRequest& r) {
         p.minimum_contributors = 4;
         r.sums_cross = true;
       },
       "at most 3 in this run (required: 4)"},
      {"minimum parties", [](Policy&, AccessRequest& r) { r.parties = 2; },
       "2 in this run (required: 3)"},
      {"minimum rows", [](Policy&, AccessRequest& r) { r.partitions[0].rows = 11; },
       "19 in this domain (required: 20)"},
      {"site", [](Policy& p, AccessRequest&) { p.site_key = std::string(64, 'a'); },
       "not signed (required: signed by " + std::string(64, 'a') + ")"},
      {"site",
       [](Policy& p, AccessRequest& r) {
         p.site_key = std::string(64, 'a');
         r.site_key = std::string(64, 'b');
       },
       "signed by " + std::string(64, 'b') + " (required: signed by " + std::string(64, 'a') + ")"},
      {"kinds",
       [](Policy& p, AccessRequest& r) {
         p.kinds = {"linear", "cox"};
         r.kind = "mlp";
       },
       "mlp (permitted: linear, cox)"},
      {"recipients", [](Policy& p, AccessRequest&) { p.recipients = {"urn:team:a"}; },
       "none is named (permitted: urn:team:a)"},
      {"recipients",
       [](Policy& p, AccessRequest& r) {
         p.recipients = {"urn:team:a"};
         r.recipients = {"urn:team:a", "urn:team:b"};
       },
       "urn:team:b (permitted: urn:team:a)"},
      {"maximum runs",
       [](Policy& p, AccessRequest& r) {
         p.maximum_runs = r.runs = 2;
         bind_registry(p, r);
       },
       "2 before this one (at most 2)"},
      {"maximum runs", [](Policy& p, AccessRequest&) { p.maximum_runs = 2; },
       "not counted, as the policy binds no registry (at most 2)"},
      {"minimum parties",
       [](Policy&, AccessRequest& r) {
         r.parties = 1;
         r.domains = 3;
       },
       "1 with keys of their own in this run of 3 domains (required: 3)"},
      {"partitions",
       [](Policy&, AccessRequest& r) { r.occur_again = {"heart-a is oslo of domain oslo"}; },
       "the same rows again: heart-a is oslo of domain oslo"},
      {"partners",
       [](Policy& p, AccessRequest& r) {
         p.partners = {key_id('a')};
         r.sums_cross = true;
         r.partners = {{"oslo", {key_id('a')}, 50}, {"bern", {key_id('b')}, 50}};
       },
       "bern (permitted: owners with 1 keys)"},
      {"partners",  // one of two owners of a domain is not enough
       [](Policy& p, AccessRequest& r) {
         p.partners = {key_id('a')};
         r.sums_cross = true;
         r.partners = {{"oslo", {key_id('a'), key_id('b')}, 50}};
       },
       "oslo (permitted: owners with 1 keys)"},
      {"partners",  // nor a list that somebody else signed
       [](Policy& p, AccessRequest& r) {
         p.trust = key_id('c');
         r.trust = key_id('d');
         r.trusted = {key_id('a')};
         r.sums_cross = true;
         r.partners = {{"oslo", {key_id('a')}, 50}};
       },
       "oslo (permitted: owners with 0 keys, or in a list signed by " + key_id('c') +
           "; this run names none by that key)"},
      {"minimum partner rows",
       [](Policy& p, AccessRequest& r) {
         p.minimum_partner_rows = 20;
         r.sums_cross = true;
         r.partners = {{"oslo", {key_id('a')}, 20}, {"bern", {key_id('b')}, 19}};
       },
       "19 in domain bern (required: 20)"},
      {"registry",
       [](Policy& p, AccessRequest& r) {
         bind_registry(p, r);
         r.registry.problem = "there is no such folder on this node";
       },
       "/srv/zurich: there is no such folder on this node"},
      {"registry",
       [](Policy& p, AccessRequest& r) {
         bind_registry(p, r);
         r.registry.current = "other";
         r.registry.serial = 5;
       },
       "/srv/zurich: the policy in force there has serial 5, this one 4"},
      {"registry",
       [](Policy& p, AccessRequest& r) {
         bind_registry(p, r);
         r.registry.highest_serial = 5;
       },
       "/srv/zurich: serial 5 was in force before, this one has 4"},
      {"registry",
       [](Policy& p, AccessRequest& r) {
         bind_registry(p, r);
         r.registry.withdrawn = {r.partitions[1].root.hex()};
       },
       "/srv/zurich: partition heart-b: withdrawn"},
      {"two parties",
       [](Policy& p, AccessRequest& r) {
         p.minimum_parties = r.parties = 2;
         r.sums_cross = true;
       },
       "asked for (not allowed)"},
      {"unmasked sums", [](Policy&, AccessRequest& r) { r.unmasked = true; },
       "asked for (not allowed)"},
      {"exact release", [](Policy&, AccessRequest& r) { r.exact = true; },
       "asked for (not allowed)"},
      {"forbidden",
       [](Policy& p, AccessRequest&) {
         p.prohibitions = {{Action::train, {}, {}, {}}};
       },
       "action train"},
      {"forbidden",
       [](Policy& p, AccessRequest&) {
         p.prohibitions = {{Action::predict, {}, {}, {}},
                           {{}, {"dpv:ResearchAndDevelopment"}, {"US"}, {}}};
       },
       "purpose dpv:ResearchAndDevelopment and place US"},
      {"forbidden",
       [](Policy& p, AccessRequest& r) {
         p.prohibitions = {{{}, {}, {}, {"urn:team:b"}}};
         r.recipients = {"urn:team:b"};
       },
       "recipient urn:team:b"},
      {"unstratified survival", [](Policy&, AccessRequest& r) { r.unstratified_survival = true; },
       "asked for (not allowed)"},
      {"per-domain statistics", [](Policy&, AccessRequest& r) { r.per_domain_statistics = true; },
       "asked for (not allowed)"},
  };
  for (const Case& c : cases) {
    Policy policy = example();
    AccessRequest request = allowed();
    c.spoil(policy, request);
    CHECK(refused(policy, request) == "domain zurich: " + c.rule + ": " + c.message);
  }
}

TEST_CASE("the edges of every clause are where the policy says") {
  Policy policy = example();
  AccessRequest request = allowed();
  request.now = "2025-12-31T23:00:00Z";  // the first moment, in another zone
  CHECK(refused(policy, request).empty());
  request.now = "2026-12-31T22:59:59.999999999Z";
  CHECK(refused(policy, request).empty());
  policy.allow.unstratified_survival = policy.allow.per_domain_statistics = true;
  request.unstratified_survival = request.per_domain_statistics = true;
  CHECK(refused(policy, request).empty());
  policy.target = "heart-a";
  CHECK_THAT(refused(policy, request), ContainsSubstring("target: heart-b"));
}

TEST_CASE("what is permitted covers what is narrower, and a prohibition wins over it") {
  Policy policy = example();
  AccessRequest request = allowed();
  policy.purposes = {"dpv:ResearchAndDevelopment", "DUO:0000042"};
  CHECK(refused(policy, request).empty());
  request.purpose = "DUO:0000007";  // disease specific: within general research
  CHECK(refused(policy, request).empty());
  request.purpose = "DUO:0000004";  // no restriction: not within general research
  CHECK_THAT(refused(policy, request), ContainsSubstring("purpose: DUO:0000004"));
  request.purpose = "dpv:CommercialResearch";
  CHECK(refused(policy, request).empty());
  policy.prohibitions = {{{}, {"dpv:CommercialPurpose"}, {}, {}}};
  CHECK(refused(policy, request) == "domain zurich: forbidden: purpose dpv:CommercialPurpose");
  request.purpose = "dpv:ScientificResearch";
  CHECK(refused(policy, request).empty());
  // All that a prohibition names must be met.
  policy.prohibitions = {{Action::evaluate, {"dpv:ScientificResearch"}, {}, {}},
                         {{}, {"dpv:ScientificResearch"}, {"DE"}, {}},
                         {Action::train, {}, {}, {"urn:team:b"}}};
  CHECK(refused(policy, request).empty());
}

TEST_CASE("spellings of one IRI are one, and what forbids does not depend on spelling") {
  const std::string plain = "https://uni.example/Team";
  for (const char* same :
       {"HTTPS://Uni.Example/Team", "http://uni.example/Team/", "https://uni.example:443/Team",
        "https://uni.example/x/../%54eam", "https://uni.example./Team"})
    CHECK(normalised_iri(same) == normalised_iri(plain));
  for (const char* other : {"https://uni.example/team", "https://uni.example/Team/b",
                            "https://uni.example.org/Team", "https://uni.example:8443/Team"})
    CHECK(normalised_iri(other) != normalised_iri(plain));
  CHECK(normalised_iri("URN:Example:A") == "urn:example:A");
  CHECK(normalised_iri("mailto:Data@Clinic.Example") == "mailto:Data@clinic.example");

  Policy policy = example();
  AccessRequest request = allowed();
  policy.recipients = {plain};
  request.recipients = {"http://UNI.example/Team/"};
  CHECK(refused(policy, request).empty());
  policy.recipients.clear();
  policy.prohibitions = {{{}, {}, {}, {"https://rival.example"}}};
  for (const char* rival :
       {"https://rival.example/", "http://RIVAL.example", "https://rival.example/Lab",
        "https://me@rival.example:443", "https://RIVAL.example?x", "https://rival.example;x",
        "https://rival.example//lab", "https://rival.example%2Flab"}) {
    request.recipients = {"https://uni.example", rival};
    CHECK(refused(policy, request) == "domain zurich: forbidden: recipient https://rival.example");
  }
  request.recipients = {"https://rival.example.org", "https://norival.example"};
  CHECK(refused(policy, request).empty());
  policy.prohibitions = {{{}, {}, {}, {"https://uni.example/caf\u00e9/lab"}}};
  request.recipients = {"https://uni.example/caf%c3%a9//lab"};
  CHECK_THAT(refused(policy, request), ContainsSubstring("forbidden: recipient"));

  policy.prohibitions = {{{}, {"https://example.org/terms/Profiling"}, {}, {}}};
  policy.purposes = {"https://example.org/terms/profiling", "dpv:ScientificResearch"};
  request.purpose = "https://example.org/terms/profiling";
  CHECK_THAT(refused(policy, request), ContainsSubstring("forbidden"));
  request.purpose = "http://w3id.org/dpv#ScientificResearch";
  CHECK(refused(policy, request).empty());
  policy.prohibitions = {{{}, {"dpv:ResearchAndDevelopment"}, {}, {}}};
  CHECK_THAT(refused(policy, request), ContainsSubstring("forbidden"));
}

TEST_CASE("an IRI of the web has one host that every program reads alike") {
  for (const char* good :
       {"https://uni.example", "HTTP://UNI.example:8080/x?y#z", "https://uni.example.:443/",
        "https://xn--bcher-kva.example/b\u00fccher", "https://10.0.0.1", "urn:team:b",
        "did:web:uni.example", "mailto:data@uni.example", "ftp://me@uni.example/"})
    CHECK(is_iri(good));
  for (const char* bad : {"https:///rival.example",
                          "https:rival.example",
                          "https:/rival.example",
                          "https://",
                          "https://rival.example%2Fx",
                          "https://rival.example;x",
                          "https://rival.example%3A443/",
                          "https://rival.example%00",
                          "https://rival\u3002example",
                          "https:\\\\rival.example",
                          "https://uni.example\\@rival.example",
                          "https://me@rival.example",
                          "https://[::1]",
                          "https://rival..example",
                          "https://.rival.example",
                          "https://.",
                          "https://:443",
                          "https://rival.example:a",
                          "https://rival.example:443:443",
                          "hTTp:rival.example",
                          "https://rival .example",
                          "https://rival.example\t",
                          "https://rival.example\x7f"})
    CHECK_FALSE(is_iri(bad));
}

TEST_CASE("a place that is known as a country may lie in each of its parts") {
  Policy policy = example();
  AccessRequest request = allowed();
  policy.prohibitions = {{Action::train, {}, {"CH-ZH"}, {}}};
  for (const char* place : {"CH-ZH", "CH"}) {
    request.places = {place};
    CHECK(refused(policy, request) == "domain zurich: forbidden: action train and place CH-ZH");
  }
  request.places = {"CH-BE"};
  CHECK(refused(policy, request).empty());
  policy.prohibitions.clear();
  policy.jurisdictions = {"CH-ZH"};
  request.places = {"CH"};
  CHECK(refused(policy, request) == "domain zurich: place: CH (permitted: CH-ZH)");
}

TEST_CASE("terms that version 1 has not make a policy of version 2, and no others do") {
  Policy policy = example();
  CHECK(to_odrl(policy).at("profile") == "urn:bailiwick:odrl:v1");
  policy.serial = 3;
  policy.registry = "/srv/zurich/registry";
  policy.partners = {key_id('a'), key_id('b')};
  policy.trust = key_id('c');
  policy.minimum_partner_rows = 20;
  policy.minimum_group_rows = 5;
  policy.kinds = {"linear", "cox"};
  const Json json = to_odrl(policy);
  CHECK(json.at("profile") == "urn:bailiwick:odrl:v2");
  CHECK(policy_from_odrl(json, "p") == policy);
  Json old = json;
  old["profile"] = "urn:bailiwick:odrl:v1";
  CHECK_THROWS_AS(policy_from_odrl(old, "p"), Error);
  for (const char* registry : {"srv/x", "/srv/../x", "/srv/x/./y", "/srv/x\ny"}) {
    policy.registry = registry;
    CHECK_FALSE(problems_of(policy).empty());
  }
  policy.registry = "/srv/x";
  policy.serial = 0;  // nothing would say which of two is newer
  CHECK(problems_of(policy).front().key == "serial");
}

TEST_CASE("who approves what leaves is named by whole ids of keys, each once") {
  for (const std::vector<std::string>& keys :
       {std::vector<std::string>{"board"}, {key_id('a'), key_id('a')}, {""}}) {
    Policy policy = example();
    policy.duties.approved_by = keys;
    REQUIRE_FALSE(problems_of(policy).empty());
    CHECK_THAT(problems_of(policy).front().key, ContainsSubstring("duties.approved_by"));
  }
}

TEST_CASE("what the policy allows is allowed, and its minimums go with the admission") {
  Policy policy = example();
  AccessRequest request = allowed();
  policy.allow = {true, true, true, true, true};
  policy.minimum_parties = request.parties = 2;
  policy.minimum_contributors = 2;
  policy.duties = {"Zürich Clinic, CC BY 4.0", "mailto:data@clinic.example",
                   "2030-01-01T00:00:00Z"};
  policy.site_key = request.site_key = std::string(64, '0');
  policy.recipients = {"urn:team:a", "urn:team:b"};
  request.recipients = {"urn:team:b"};
  policy.maximum_runs = 3;
  request.runs = 2;
  bind_registry(policy, request);
  request.sums_cross = request.unmasked = request.exact = true;
  const auto decision = PolicyGate::decide(policy, policy_digest(), request);
  REQUIRE(std::holds_alternative<Admission>(decision));
  const Admission& admission = std::get<Admission>(decision);
  CHECK(admission.minimum_rows() == 20);
}

TEST_CASE("a refusal names every broken clause and keeps the held ones") {
  AccessRequest request = allowed();
  request.purpose = "";
  request.parties = 1;
  const auto decision = PolicyGate::decide(example(), policy_digest(), request);
  REQUIRE(std::holds_alternative<Refusal>(decision));
  const Refusal& refusal = std::get<Refusal>(decision);
  CHECK(refusal.clauses.size() == 24);
  CHECK(refusal.message() ==
        "domain zurich: purpose: no purpose is named (permitted: dpv:ScientificResearch, "
        "DUO:0000042); minimum parties: 1 in this run (required: 3)");
}

TEST_CASE("a policy without terms, or with dates that say nothing, admits nobody") {
  CHECK_FALSE(refused(Policy{}, allowed()).empty());
  Policy policy = example();
  policy.valid_from = "";
  CHECK_THAT(refused(policy, allowed()), ContainsSubstring("valid from"));
  policy = example();
  policy.valid_until = "2027-01-01";
  CHECK_THAT(refused(policy, allowed()), ContainsSubstring("valid until"));
  AccessRequest request = allowed();
  request.now = "yesterday";
  CHECK_THAT(refused(example(), request),
             ContainsSubstring("valid from") && ContainsSubstring("valid until"));
}

TEST_CASE("ODRL round trip is exact") {
  Policy policy = example();
  CHECK(policy_from_odrl(to_odrl(policy), "p") == policy);
  policy.actions = {Action::release_statistics, Action::predict, Action::train};
  policy.allow.unstratified_survival = policy.allow.per_domain_statistics = true;
  policy.minimum_rows = ~std::uint64_t{0};
  policy.minimum_contributors = 2;
  policy.maximum_runs = 10;
  policy.allow = {true, true, true, true, true};
  policy.recipients = {"urn:team:a", "https://example.org/b"};
  policy.site_key = std::string(64, 'c');
  policy.prohibitions = {{Action::predict, {}, {}, {}},
                         {{}, {"dpv:Marketing"}, {"US", "DE"}, {"urn:team:c"}}};
  policy.duties = {"Zürich \"Clinic\"",
                   "mailto:data@clinic.example",
                   "2030-01-01T00:00:00Z",
                   {key_id('a'), key_id('b')}};
  const Json json = Json::parse(to_odrl(policy).dump());
  CHECK(json.at("profile") == "urn:bailiwick:odrl:v3");
  CHECK(policy_from_odrl(json, "p") == policy);
  CHECK(to_odrl(policy_from_odrl(json, "p")) == json);
}

TEST_CASE("in ODRL the order of permissions and constraints says nothing") {
  Policy policy = example();
  policy.allow.exact_release = policy.allow.unstratified_survival = true;
  policy.recipients = {"urn:team:a"};
  policy.prohibitions = {{Action::predict, {"dpv:Marketing"}, {"US"}, {}}};
  Json json = to_odrl(policy);
  std::ranges::reverse(json.at("/permission/1/constraint"_json_pointer));
  std::ranges::reverse(json.at("/prohibition/0/constraint"_json_pointer));
  std::ranges::rotate(json.at("permission"), json.at("permission").begin() + 4);
  CHECK(policy_from_odrl(json, "p") == policy);
  json.at("/permission/2/constraint"_json_pointer).push_back(nullptr);
  CHECK_THAT(odrl_error(json), ContainsSubstring("/permission/2/constraint/-: null is not"));
}

TEST_CASE("the profile defines all of our own that a policy can say") {
  Policy policy = example();
  policy.actions.clear();
  for (const auto& known : words<Action>)
    policy.actions.push_back(known.first);
  policy.allow = {true, true, true, true, true};
  policy.minimum_partner_rows = policy.minimum_group_rows = policy.maximum_runs = policy.serial = 2;
  policy.registry = "/srv/zurich";
  policy.site_key = policy.trust = key_id('a');
  policy.partners = {key_id('b')};
  policy.kinds = {"cox"};
  policy.duties = {"Zürich", "mailto:data@clinic.example", "2030-01-01T00:00:00Z"};
  const std::string profile = odrl_profile(), said = to_odrl(policy).dump();
  int terms = 0;
  for (std::size_t at = said.find("\"bw:"); at != std::string::npos;
       at = said.find("\"bw:", at + 1)) {
    const std::string term = said.substr(at + 1, said.find('"', at + 1) - at - 1);
    CHECK_THAT(profile, ContainsSubstring("\n" + term + " a "));
    ++terms;
  }
  CHECK(terms > 12);
}

TEST_CASE("an unknown member anywhere in a policy refuses it") {
  const Json good = to_odrl(example());
  int objects = 0;
  walk(good, Json::json_pointer(), [&](const Json::json_pointer& here) {
    if (!good.at(here).is_object()) return;
    ++objects;
    for (const Json& value : {Json(nullptr), Json("x"), Json(Json::array())}) {
      Json spoilt = good;
      spoilt[here]["surprise"] = value;
      CHECK_THAT(odrl_error(spoilt), ContainsSubstring(here.to_string() + "/surprise"));
    }
  });
  CHECK(objects == 3 + 3 * 18);
}

TEST_CASE("removing, repeating or replacing anything in a policy refuses it or changes its terms") {
  Policy policy = example();
  if (GENERATE(false, true)) {
    policy.maximum_runs = 10;
    policy.recipients = {"urn:team:a"};
    policy.prohibitions = {{Action::predict, {"dpv:Marketing"}, {}, {}}};
    policy.duties = {
        "Zürich", "mailto:data@clinic.example", "2030-01-01T00:00:00Z", {key_id('a'), key_id('b')}};
  }
  const Json good = to_odrl(policy);
  const auto still_the_same = [&](const Json& spoilt) {
    try {
      return policy_from_odrl(spoilt, "p") == policy;
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::policy);
      return false;
    }
  };
  std::size_t place = 0;
  walk(good, Json::json_pointer(), [&](const Json::json_pointer& here) {
    if (place++ % stride != 0) return;
    INFO(here.to_string());
    for (const Json& value : {Json(nullptr), Json(1), Json(true), Json("x"), Json(Json::array()),
                              Json(Json::object())}) {
      Json spoilt = good;
      if (spoilt[here] == value) continue;
      spoilt[here] = value;
      CHECK_FALSE(still_the_same(spoilt));
    }
    if (here.empty()) return;
    Json removed = good;
    const Json::json_pointer parent = here.parent_pointer();
    if (removed[parent].is_object()) {
      removed[parent].erase(here.back());
    } else {
      removed[parent].push_back(removed[here]);
      CHECK_FALSE(still_the_same(removed));
      removed = good;
      removed[parent].erase(std::stoul(here.back()));
    }
    CHECK_FALSE(still_the_same(removed));
  });
}

TEST_CASE("what is not understood is named") {
  struct Case {
    std::string pointer;
    Json value;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"/permission/*/constraint/3/leftOperand", "elapsedTime",
       "/permission/0/constraint/3: {\"leftOperand\":\"elapsedTime\","},
      {"/permission/*/constraint/0/operator", "isNoneOf",
       "/permission/2/constraint/7 is missing: {\"leftOperand\":\"purpose\","},
      {"/permission/0/action", "use", "not a policy that this version understands"},
      {"/permission/*/action", "use", "not a policy that this version understands"},
      {"/permission/1/target", "urn:bailiwick:partition:*",
       "/permission/1/target: found \"urn:bailiwick:partition:*\", expected "
       "\"urn:bailiwick:partition:heart-*\""},
      {"/permission/*/constraint/2/rightOperand/@value", "2026-01-01T00:00:00",
       "valid.from: \"2026-01-01T00:00:00\" is not a date and time with zone"},
      {"/permission/*/constraint/3/rightOperand/@value", "2026-01-01T00:00:00+01:00",
       "valid.until: not later than valid.from"},
      {"/permission/*/constraint/1/rightOperand/0/@id", "iso3166:Switzerland",
       "where: \"Switzerland\" is not an ISO 3166 code"},
      {"/permission/*/constraint/4/rightOperand/@value", "03", "found \"03\", expected \"3\""},
      {"/permission/*/constraint/4/rightOperand/@value", "0",
       "minimum.parties: must be at least 1"},
      {"/permission/*/constraint/5/rightOperand/@value", "-1", "found \"-1\""},
      {"/permission/*/constraint/5/rightOperand/@value", "18446744073709551616", "found \"1844"},
      {"/permission/*/constraint/5/rightOperand/@value", 1, "found 1, expected"},
      {"/permission", Json::array(), "permit: must name at least one"},
      {"/profile", "urn:bailiwick:odrl:v2", "/profile: found \"urn:bailiwick:odrl:v2\""},
      {"/conflict", "perm", "/conflict: found \"perm\", expected \"prohibit\""},
      {"/uid", "heart", "uid: \"heart\" is not an absolute IRI"},
      {"/prohibition", Json::array(), "/prohibition: [] is not understood"},
  };
  for (const Case& c : cases) {
    Json spoilt = to_odrl(example());
    const std::size_t star = c.pointer.find("/*/");
    if (star == std::string::npos) {
      spoilt[Json::json_pointer(c.pointer)] = c.value;
    } else {
      for (Json& permission : spoilt.at("permission"))
        permission[Json::json_pointer(c.pointer.substr(star + 2))] = c.value;
    }
    CHECK_THAT(odrl_error(spoilt), ContainsSubstring(c.message) && ContainsSubstring("p.json: "));
  }
  Json undated = to_odrl(example());
  for (Json& permission : undated.at("permission"))
    permission.at("constraint").erase(3);
  CHECK_FALSE(odrl_error(undated).empty());
  for (const Json& other : {Json(), Json::array(), Json("x"), Json::object()})
    CHECK_FALSE(odrl_error(other).empty());
  Json unvalued = to_odrl(example());
  unvalued.erase("uid");
  CHECK_THAT(odrl_error(unvalued), ContainsSubstring("/uid is missing"));
}

TEST_CASE("moments compare across zones, and what is not a moment is nothing") {
  const auto at = [](const char* text) {
    const auto instant = parse_instant(text);
    INFO(text);
    CHECK(instant.has_value());
    return instant.value_or(Instant{});
  };
  CHECK(at("1970-01-01T00:00:00Z") == Instant{0, 0});
  CHECK(at("2026-11-21T00:38:00Z").seconds == 1795221480);  // date -u -d 2026-11-21T00:38:00Z +%s
  CHECK(at("2026-03-01T00:30:00+01:00") == at("2026-02-28T23:30:00Z"));
  CHECK(at("2026-01-01T00:00:00-05:30") == at("2026-01-01T05:30:00Z"));
  CHECK(at("2024-02-29T00:00:00Z") < at("2024-02-29T00:00:00.000000001Z"));
  CHECK(at("2024-02-29T00:00:00.5Z") == at("2024-02-29T00:00:00.500000000000Z"));
  CHECK(at("1969-12-31T23:59:59.9Z") < at("1970-01-01T00:00:00Z"));
  CHECK(at("9999-12-31T23:59:59Z") > at("2026-01-01T00:00:00Z"));
  for (const char* text :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-06-30T23:59:60Z",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Z ",
        "2026-01-01T00:00:00.0000000001Z", "26-01-01T00:00:00Z", "+2026-01-01T00:00:00Z",
        "2026-1-1T00:00:00Z"})
    CHECK_FALSE(parse_instant(text).has_value());
  CHECK(is_utc_second("2028-02-29T23:59:59Z"));
  for (const char* text :
       {"2028-02-29T23:59:59+00:00", "2028-02-29T23:59:59.0Z", "2026-02-29T23:59:59Z",
        "2028-02-29T24:00:00Z", "", "0000-00-00T00:00:00Z"})
    CHECK_FALSE(is_utc_second(text));
}

TEST_CASE("actions are a closed list") {
  for (const auto& [action, word] : words<Action>)
    CHECK(from_word<Action>(to_word(action)) == action);
  CHECK_FALSE(from_word<Action>("trian"));
}

TEST_CASE("purposes are terms of DPV or DUO that exist, or IRIs of one's own") {
  for (const char* good :
       {"dpv:ScientificResearch", "DUO:0000042", "https://example.org/x", "urn:study:heart"})
    CHECK(is_purpose(good));
  for (const char* bad :
       {"", "research", "dvp:ScientificResearch", "dpv:", "dpv:A B", ":x", "dpv:ScientificResarch",
        "DUO:0000018", "DUO:42", "https://example.org/<x>"})
    CHECK_FALSE(is_purpose(bad));
  CHECK(is_purpose("https://w3id.org/dpv#ScientificResearch"));
  CHECK(is_purpose("http://purl.obolibrary.org/obo/DUO_0000042"));
  CHECK_FALSE(is_purpose("https://w3id.org/dpv#ScientificResarch"));
  CHECK_FALSE(is_purpose("http://purl.obolibrary.org/obo/DUO_0000018"));
  CHECK_THAT(purpose_form("https://w3id.org/dpv#ScientificResarch"),
             ContainsSubstring("did you mean \"dpv:ScientificResearch\"?"));
  CHECK_THAT(purpose_form("dpv:ScientificResarch"),
             ContainsSubstring("did you mean \"dpv:ScientificResearch\"?"));
  CHECK_THAT(purpose_form("DUO:0000018"), ContainsSubstring("say conditions with forbid, where"));
}

TEST_CASE("narrower purposes are within broader ones, by every way up") {
  CHECK(is_within("dpv:TargetedAdvertising", "dpv:Marketing"));
  CHECK(is_within("dpv:TargetedAdvertising", "dpv:Personalisation"));
  CHECK(is_within("DUO:0000007", "DUO:0000004"));
  CHECK(is_within("urn:study:heart", "urn:study:heart"));
  CHECK(is_within("https://w3id.org/dpv#ResearchAndDevelopment", "dpv:ResearchAndDevelopment"));
  CHECK(is_within("dpv:AcademicResearch", "https://w3id.org/dpv#ResearchAndDevelopment"));
  CHECK(is_within("https://w3id.org/dpv#AcademicResearch", "dpv:ResearchAndDevelopment"));
  CHECK(is_within("http://purl.obolibrary.org/obo/DUO_0000007", "DUO:0000042"));
  CHECK_FALSE(is_within("https://w3id.org/dpv#Marketing", "dpv:ResearchAndDevelopment"));
  CHECK_FALSE(is_within("dpv:Marketing", "dpv:TargetedAdvertising"));
  CHECK_FALSE(is_within("urn:study:heart:2", "urn:study:heart"));
}

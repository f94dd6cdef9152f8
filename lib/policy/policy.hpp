// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/json.hpp"

namespace bailiwick {

/// What may be done with data. Closed list; on disk as profile terms of ODRL.
enum class Action { train, evaluate, predict, release_model, release_statistics };

inline constexpr auto action_words = std::to_array<std::pair<Action, const char*>>(
    {{Action::train, "train"},
     {Action::evaluate, "evaluate"},
     {Action::predict, "predict"},
     {Action::release_model, "release_model"},
     {Action::release_statistics, "release_statistics"}});

std::string to_string(Action action);
/// Throws ExitCode::config naming the allowed words.
Action action_from_string(const std::string& word, const std::string& where);

/// An owner's terms of use. Whatever is not permitted is forbidden.
struct Policy {
  std::string uid;     ///< IRI naming this policy
  std::string owner;   ///< assigner
  std::string target;  ///< data set it covers: partition name pattern, `*` allowed
  std::vector<Action> actions;
  std::vector<std::string> purposes;       ///< DPV or DUO terms, e.g. "dpv:ScientificResearch"
  std::vector<std::string> jurisdictions;  ///< places of computation, ISO 3166
  std::string valid_from;                  ///< RFC 3339 with zone
  std::string valid_until;
  std::uint64_t minimum_parties = 1;   ///< domains in the run
  std::uint64_t minimum_rows = 1;      ///< rows of this domain
  bool unstratified_survival = false;  ///< event times and risk-set sums may cross
  bool per_domain_statistics = false;  ///< this domain's own metrics may be shown to all

  bool operator==(const Policy&) const = default;
};

/// A term of DPV or DUO ("dpv:ScientificResearch", "DUO:0000042") or another absolute IRI.
bool is_purpose(const std::string& text);
inline constexpr const char* purpose_form =
    "a purpose such as dpv:ScientificResearch, DUO:0000042 or https://example.org/terms/study";

/// Something that a policy must not say, and the key of the YAML that says it ("valid.until").
struct PolicyProblem {
  std::string key, message;
};
std::vector<PolicyProblem> problems_of(const Policy& policy);

inline constexpr const char* policy_type = "application/vnd.bailiwick.policy.v1+json";

/// ODRL 2.2 JSON-LD (docs/policy.md).
Json to_odrl(const Policy& policy);
/// Fails closed: any term, operator or member that is not understood throws ExitCode::policy.
Policy policy_from_odrl(const Json& json, const std::string& what);

}  // namespace bailiwick

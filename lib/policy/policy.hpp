// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/words.hpp"

namespace bailiwick {

/// What may be done with data. Closed list; on disk as profile terms of ODRL.
enum class Action {
  train,
  evaluate,
  predict,
  describe,
  attribute,
  release_model,
  release_statistics
};

template <>
inline constexpr auto words<Action> = std::to_array<std::pair<Action, const char*>>(
    {{Action::train, "train"},
     {Action::evaluate, "evaluate"},
     {Action::predict, "predict"},
     {Action::describe, "describe"},
     {Action::attribute, "attribute"},
     {Action::release_model, "release_model"},
     {Action::release_statistics, "release_statistics"}});

/// What is forbidden though it may be permitted elsewhere: requests that meet all conditions named
/// here.
struct Prohibition {
  std::optional<Action> action;
  std::vector<std::string> purposes, jurisdictions, recipients;  ///< empty: any

  bool operator==(const Prohibition&) const = default;
};

/// What whoever gets something out of the data has to do.
struct Duties {
  std::string attribute, inform, delete_by;  ///< empty: none

  bool operator==(const Duties&) const = default;
};

/// What may happen besides what every fit needs. All default to no.
struct Allowances {
  bool unstratified_survival = false, per_domain_statistics = false, exact_release = false;
  bool two_parties = false, unmasked_sums = false;

  bool operator==(const Allowances&) const = default;
};

/// What `model.kind` of a run may be.
inline constexpr std::array model_kinds = {"linear",      "logistic", "poisson",
                                           "multinomial", "cox",      "mlp"};

/// An owner's terms of use. Whatever is not permitted is forbidden, and a prohibition wins.
struct Policy {
  std::string uid;     ///< IRI naming this policy
  std::string owner;   ///< assigner
  std::string target;  ///< data set it covers: partition name pattern, `*` allowed
  std::vector<Action> actions;
  std::vector<std::string> purposes;       ///< and what is narrower (purposes.hpp)
  std::vector<std::string> jurisdictions;  ///< places of computation, ISO 3166
  std::string site_key;      ///< id of the key that must sign the site file; empty: none must
  std::uint64_t serial = 0;  ///< grows with each version of the owner's terms; 0: not counted
  /// The owner's own folder (lib/owner/registry.hpp), where the terms now in force, the log of
  /// access and what was withdrawn lie; an absolute path, empty: there is none.
  std::string registry;
  /// Ids of keys: every other owner in the run has signed with these alone. And the key of who may
  /// sign a list of such keys. Both empty: anybody may take part.
  std::vector<std::string> partners;
  std::string trust;
  std::vector<std::string> recipients;  ///< who may get the outcome; empty: anybody
  std::vector<std::string> kinds;       ///< of models (model_kinds); empty: any
  std::string valid_from;               ///< RFC 3339 with zone
  std::string valid_until;
  std::uint64_t minimum_parties = 1;       ///< owners in the run
  std::uint64_t minimum_rows = 1;          ///< of this domain, in all that crosses
  std::uint64_t minimum_partner_rows = 1;  ///< of each other domain, in all that crosses
  std::uint64_t minimum_contributors = 1;  ///< owners in each number that crosses
  std::uint64_t maximum_runs = 0;          ///< admitted under this policy; 0: any number
  std::vector<Prohibition> prohibitions;
  Duties duties;
  Allowances allow;

  bool operator==(const Policy&) const = default;
};

/// 64 hexadecimal digits in small letters.
bool is_key_id(const std::string& text);

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

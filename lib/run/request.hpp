// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/policy/gate.hpp"
#include "lib/run/config.hpp"
#include "lib/run/facts.hpp"

namespace bailiwick {

// What a run asks of its domains' policies: said once, for the run that asks and for whoever
// verifies afterwards what was asked. Pure, all of it.

/// What `train`, `evaluate`, `describe` and `predict` do with the rows. Throws ExitCode::data for
/// any other word.
std::vector<Action> actions_of(const std::string& stage);

/// Whether sums of several domains are added.
bool sums_cross(const RunConfig& config, const std::vector<Action>& actions);

/// Different owners, of one domain or several.
std::size_t count_owners(const std::vector<DomainFacts>& domains);

/// What the config says, and what of it every domain is asked alike.
AccessRequest request_of(const RunConfig& config, const std::vector<Action>& actions);

/// Adds what one domain is asked: who it is, what it has, and who the others are.
void add_domains(AccessRequest& request, const std::vector<DomainFacts>& domains,
                 std::size_t index);

/// Rules that the gate cannot judge, as they need all domains' manifests (docs/policy.md).
inline constexpr const char* rows_of_rounds_rule = "rows of rounds";
inline constexpr const char* parties_of_rounds_rule = "parties of rounds";

/// Whether they are asked: of networks that are trained.
bool has_rounds_of_rows(const RunConfig& config, const std::vector<Action>& actions);

/// The rules of all clauses of a verdict, in their order.
std::vector<std::string> rules_asked(const RunConfig& config, const std::vector<Action>& actions);

}  // namespace bailiwick

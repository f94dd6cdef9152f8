// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/policy/gate.hpp"
#include "lib/run/facts.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/stage_use.hpp"

namespace bailiwick {

// What a run asks of its domains' policies: said once, for the run that asks and for whoever
// verifies afterwards what was asked. Pure, all of it.

std::vector<Action> actions_of(const Inputs& inputs, const StageUse& use);

/// Whether sums of several domains are added.
bool sums_cross(const Inputs& inputs, const StageUse& use);

/// Different owners, of one domain or several.
std::size_t count_owners(const std::vector<DomainFacts>& domains);

/// What every domain is asked alike.
AccessRequest request_of(const Inputs& inputs, const StageUse& use);

/// Adds what one domain is asked: who it is, what it has, and who the others are.
void add_domains(AccessRequest& request, const std::vector<DomainFacts>& domains,
                 std::size_t index);

/// Rules that the gate cannot judge, as they need all domains' manifests (docs/policy.md).
inline constexpr const char* rows_of_rounds_rule = "rows of rounds";
inline constexpr const char* parties_of_rounds_rule = "parties of rounds";

/// Whether they are asked: of networks that are trained.
bool has_rounds_of_rows(const Inputs& inputs, const StageUse& use);

/// The rules of all clauses of a verdict, in their order.
std::vector<std::string> rules_asked(const Inputs& inputs, const StageUse& use);

}  // namespace bailiwick

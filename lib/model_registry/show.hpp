// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"

namespace bailiwick {

/// All that a registry says, or of one name (docs/deploy.md, "deploy show"). `keys`: PEM files, one
/// of which must have begun it; none: nobody looks. Every file of a version is held to its line.
/// Throws ExitCode::integrity of what does not hold, ExitCode::data if there is no such name. Not
/// collective, needs no MPI.
Json model_registry_json(const std::string& folder, const std::string& name,
                         const std::vector<std::string>& keys);

/// What a promotion chose (chosen_routes), for people: how many domains, and each with its model.
std::string routes_text(const Json& routes);

/// The same for people; with the history if it is of one name.
std::string model_registry_text(const Json& registry, bool with_history);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "lib/stages/scores.hpp"

namespace bailiwick {

/// The model of each local domain: the common one, or with evaluate.regional, or where
/// evaluate.routes names the domain, its own, in regions/ beside that or in evaluate.regions, of
/// which the domain's lineage says that it came from the common one. Collective. Throws
/// ExitCode::integrity, also of another than evaluate.routes names.
std::vector<UsedModel> models_of_domains(Run& run, const UsedModel& common);

/// Throws ExitCode::config, for a stage that knows one model alone, if domains' own are to be used.
void demand_one_model(const RunConfig& config, const char* stage);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json_fwd.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/kinds/kind.hpp"

namespace bailiwick {

class Run;

/// How well rows that a model of classes was trained on are told from others, within the domains,
/// by its confidence in their class (lib/stages/attack/membership_attack.hpp): of each rate of
/// false positives the rate of true ones, and the largest difference of both. Rows are counted in
/// cells of the confidence, of which each obeys the policies' minimums (merge_bins); classes of
/// which not even all rows do are left out, and it is null if all are. `members`, `others`:
/// standardised. Collective over the world.
Json membership(Run& run, const SavedModel& model, const ModelRows& members,
                const ModelRows& others);

/// The same for people.
std::string membership_text(const Json& attack);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/columns.hpp"
#include "lib/data/model_rows.hpp"

namespace bailiwick {

/// Refuses rows, not yet standardised, of which a fit would tell those of a small group: its sums
/// of products, and so the model, have the rows and sums of every level of a category, of each
/// class of the target, of events, and of what differs from the value that most rows have in any
/// number, weight, offset or count of trials. All levels of a category are asked, also those that
/// the model leaves out: what one run merges another does not. Throws ExitCode::policy on every
/// rank, naming the groups, if one has some rows of a domain but fewer than its
/// LocalDomain::minimum_group_rows, or comes from fewer owners than minimum.contributors. What
/// crosses for the latter is which groups a domain has, and nothing if no policy asks for it.
/// Collective over the world.
void refuse_rare_groups(Run& run, const ModelColumns& columns, const ModelRows& rows);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/run/config.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

/// Statistics of the columns over all domains (docs/describe.md): counts, means, deviations,
/// correlations, exact quantiles, histograms, frequencies and contingency tables. Writes
/// description.json and description.txt. Collective; errors as for train.
void describe(Session& session, RunConfig config);

}  // namespace bailiwick

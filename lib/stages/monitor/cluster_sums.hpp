// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/stages/monitor/binned.hpp"
#include "lib/stages/monitor/samples.hpp"

namespace bailiwick {

/// Makes of the counts of rows those of rows in clusters: of each domain's, and their sum. A
/// cluster's rows may lie on several ranks of a domain. `products`: sums for pairs of bins too,
/// which few rows may be behind. One round. Collective over the world.
void add_cluster_sums(Run& run, const MonitoredTable& table, const BinnedRows& rows, bool products,
                      BinnedTable& binned);

}  // namespace bailiwick

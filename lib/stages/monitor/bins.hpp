// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/stages/monitor/binned.hpp"
#include "lib/stages/monitor/samples.hpp"

namespace bailiwick {

/// Puts the rows of a table into bins that the reference gives, neighbours together where a policy
/// asks for more rows or owners in each (merge_bins). Quantiles take at most 64 rounds
/// (values_at_ranks), merging a dozen, rows two, clusters one more. Collective over the world.
BinnedTable bin_samples(Run& run, const Samples& samples, const MonitoredTable& table);

}  // namespace bailiwick

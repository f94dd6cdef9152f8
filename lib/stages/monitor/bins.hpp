// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/stages/monitor/binned.hpp"
#include "lib/stages/monitor/samples.hpp"

namespace bailiwick {

/// Whether any owner wants more than a row, or a domain, behind what crosses. Collective over the
/// world.
bool any_minimum(Run& run);

/// Puts the rows of a table into bins that the reference gives. Quantiles take at most 64 rounds
/// (values_at_ranks), rows two, clusters one more. Collective over the world. Throws
/// ExitCode::policy, naming the columns, if a bin has some rows of a domain but fewer than its
/// owner asks for, or comes from fewer owners than one asks for.
BinnedTable bin_samples(Run& run, const Samples& samples, const MonitoredTable& table);

}  // namespace bailiwick

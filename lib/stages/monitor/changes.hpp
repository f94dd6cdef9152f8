// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/monitor/bins.hpp"

// What monitor.json says of columns (docs/monitor.md).
namespace bailiwick {

/// Adds each column, with its counts, distances and test, to the list `columns`.
void add_changes(const MonitoredTable& table, const BinnedTable& binned, Json& columns);

/// The same of one local domain, without its counts: on the rank that leads it.
void add_domain_changes(const MonitoredTable& table, const BinnedTable& binned, std::size_t d,
                        Json& columns);

/// Says of each of some columns whether it has drifted: Holm's p-value is below `level`, and its
/// index reaches `psi`. A reason for each that has.
std::vector<std::string> judge_changes(Json& columns, double level, double psi);

/// The same reasons of columns that were judged.
std::vector<std::string> reasons_of(const Json& columns);

}  // namespace bailiwick

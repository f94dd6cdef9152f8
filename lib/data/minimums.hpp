// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/columns.hpp"

// What the minimums of policies say of a model's columns; of rows: rare_groups.hpp.
namespace bailiwick {

class Run;
struct LocalDomain;

/// Whether an owner wants more than one row, or one domain, behind what crosses: then no error says
/// which row is wrong.
bool has_minimum(const Run& run, const LocalDomain& domain);

/// Throws ExitCode::policy, naming each, for columns that could leave a few rows to themselves
/// where a local domain has a minimum: those that the config makes, and, of what `trains`, medians
/// and numbers that stand for missing values. Reads no row. Not collective.
void refuse_columns(const Run& run, const ModelColumns& columns, bool trains);

}  // namespace bailiwick

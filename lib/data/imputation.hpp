// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/columns.hpp"

namespace bailiwick {

class Run;

/// Finds what stands for the missing values of columns.missing: mean, median or mode of the rows of
/// train.split that have one, each counted once, or as often as it stands for (weight_type:
/// frequency). One round of rows and sums, in which every column, and every level, has as many rows
/// as policies ask for, and for medians the rounds of a bisection. Collective; nothing is read
/// where nothing is to be found. Throws ExitCode::policy for a median, and for a number of the
/// config's, where a policy asks for a minimum of rows or contributors, ExitCode::data for a column
/// without any value.
void fit_missing(Run& run, ModelColumns& columns);

}  // namespace bailiwick

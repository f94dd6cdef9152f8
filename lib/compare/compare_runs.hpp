// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/folder/run_folder.hpp"

namespace bailiwick {

/// Two runs side by side (docs/compare.md): what differs in their configs, rows, policies and
/// programs; coefficients; measures over all and of each domain; cost. As their folders have it:
/// whether these are as they were signed, verify tells.
Json compare_runs(const RunFolder& a, const RunFolder& b);

/// The same in words and tables.
std::string runs_side_by_side(const Json& comparison);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

/// What an attempt left that failed late, or was killed: from `folder` into unfinished-1,
/// unfinished-2, … there, where it is not lost and in nobody's way. `statements`: its chain's;
/// `at_home`: of what stays with a domain. Says so on the standard output. Local.
void set_aside(const std::string& folder, const StageChain& stage, bool at_home,
               const std::vector<Statement>& statements);

}  // namespace bailiwick

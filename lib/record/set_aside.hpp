// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

/// What a set-aside stage was: one that failed late, or was killed; or one of another config.
inline constexpr const char* unfinished_name = "unfinished";
inline constexpr const char* earlier_name = "earlier";

/// What a stage left: from `folder` into AS-1, AS-2, … there, where it is not lost and in
/// nobody's way. `statements`: its chain's; `at_home`: of what stays with a domain. Says so on the
/// standard output. Local.
void set_aside(const std::string& folder, const StageChain& stage, bool at_home,
               const std::vector<Statement>& statements, const char* as = unfinished_name);

/// What a killed session left in a folder without a name: NAME.tmp.PID, with a name that we give.
/// Nothing else that lies there is ours to remove. `at_home`: of what stays with a domain, where
/// files with rows are ours too. Local.
void remove_temporaries(const std::string& folder, bool at_home);

}  // namespace bailiwick

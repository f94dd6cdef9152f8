// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>

#include "lib/lineage/statement.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

/// What a statement of format version 2 says otherwise than the inputs of its session, or these
/// otherwise than themselves or than those of the session before; empty: nothing. `training`: it is
/// of one.
std::string inputs_problem(const Statement& statement, const Inputs& inputs,
                           const std::optional<Inputs>& before, bool training);

/// What verification has to know of a run that release 0.1 finished, out of its resolved.yaml:
/// name, the files of the site, and each domain's name, keys, policy and partitions. That release
/// wrote no inputs.json; what its config said besides, no later one asks. Throws ExitCode::config.
Inputs inputs_of_release_0_1(const std::string& resolved, const std::string& path);

}  // namespace bailiwick

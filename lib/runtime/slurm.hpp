// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

namespace bailiwick {

/// This node's name as Slurm has it, or its host name outside of Slurm. Throws ExitCode::policy if
/// Slurm and the machine disagree: a rank must not choose its node.
std::string node_of_rank();

/// Slurm's active features of nodes, asked of the controller with scontrol. Throws ExitCode::policy
/// if it cannot be asked.
std::map<std::string, std::vector<std::string>> slurm_features(
    const std::vector<std::string>& nodes);

/// The answer of `scontrol -o show node`, a line a node.
std::map<std::string, std::vector<std::string>> parse_scontrol(const std::string& answer);

}  // namespace bailiwick

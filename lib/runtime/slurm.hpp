// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

namespace bailiwick {

/// This node's name, as the system has it. Throws ExitCode::policy if Slurm's variable names
/// another node: a rank must not choose its node.
std::string node_of_rank();

/// Whether a node that Slurm calls `slurm` may be the host `host`: equal, or one of them is the
/// other without its domain.
bool is_same_node(const std::string& slurm, const std::string& host);

/// Slurm's active features of the nodes that are these hosts, asked of the controller with
/// scontrol. `scontrol`: its absolute path; empty: where systems have it, whatever the PATH.
/// `conf`: Slurm's configuration; empty: the system's, whatever the environment. Throws
/// ExitCode::policy if it cannot be asked.
std::map<std::string, std::vector<std::string>> slurm_features(
    const std::vector<std::string>& hosts, const std::string& scontrol, const std::string& conf);

/// What Slurm says of a node.
struct SlurmNode {
  std::string name, host;
  std::vector<std::string> features;  ///< active
};

/// The answer of `scontrol -o show node`, a line a node.
std::vector<SlurmNode> parse_scontrol(const std::string& answer);

}  // namespace bailiwick

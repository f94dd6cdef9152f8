// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/config/run_config.hpp"

// Whether a run is the one that began in a folder.
namespace bailiwick {

class Run;

/// In what the config of the last session of the chain in `folder`, of which these are the
/// statements, differs from this one in identity, name or purpose. Local. Throws
/// ExitCode::integrity if its inputs are not as they were signed.
std::vector<std::string> differences_from(const RunConfig& config, const StageChain& chain,
                                          const std::string& folder,
                                          const std::vector<Statement>& statements);

/// Partitions that a statement names with another content than the run has. Local.
std::vector<std::string> changed_rows(const Run& run, const Statement& statement);

/// Throws ExitCode::config if it does, ExitCode::data if a partition has other rows since. Local.
void check_same_config(const Run& run, const StageChain& chain, const std::string& folder,
                       const std::vector<Statement>& statements);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/config/sweep.hpp"
#include "lib/domain/site.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

struct BatchOptions {
  std::string command;  ///< the words that asked for the script
  std::string config;   ///< as typed; scripts are submitted from the folder where they are written
  std::string key;      ///< public key that must have signed the lineage
  std::string time = "01:00:00";
  std::uint64_t ranks = 0;  ///< in all; 0: one a domain
  std::uint64_t threads = 1;
  std::vector<std::string> sbatch;  ///< further options of every component: "--account=x"
  bool heterogeneous = false;       ///< one component a jurisdiction, placed by Slurm's features
  Overrides overrides;              ///< of the config, for every command
  std::vector<Sweep> sweep;
  std::vector<std::string> stages;  ///< names of what can be asked for, besides verify
};

/// A self-contained sbatch script (docs/slurm.md) that trains, evaluates and verifies, or does the
/// stages named as its arguments. `blocks` of each domain share out ranks among components; 0:
/// unknown. Throws ExitCode::config if a jurisdiction has no feature or there are fewer ranks than
/// components, ExitCode::usage for options that exclude each other. Pure.
std::string batch_script(const RunConfig& config, const Site& site,
                         const std::vector<std::uint64_t>& blocks, const BatchOptions& options);

/// A script that submits the stages of `script` as jobs, each of which waits for the one before;
/// first, unless empty, the ingest of that config. Pure.
std::string chain_script(const RunConfig& config, const std::string& script,
                         const std::string& ingest, const BatchOptions& options);

}  // namespace bailiwick

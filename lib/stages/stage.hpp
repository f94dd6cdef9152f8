// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/lineage/stage_chain.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/request.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

/// What the command line of a stage says besides the config.
struct StageOptions {
  std::string model;                    ///< --model: file; empty: model.h5 in the output folder
  std::vector<std::string> model_keys;  ///< --model-key: who else may have signed it
  std::string resume;                   ///< --resume
};

/// One step of the factory: a command, a section of the config, a chain of statements. Whatever
/// lists stages, in help, batch scripts, requests to policies and verification, asks these.
struct Stage {
  const char* summary;  ///< its line in `bailiwick --help`
  const char* help;     ///< of `bailiwick STAGE --help`
  const char* page;     ///< in docs/
  StageUse use;
  StageChain chain;                      ///< chain.stage is the command
  const SectionType* section = nullptr;  ///< of the config; nullptr: another stage's, or none
  /// Collective. Throws ExitCode::policy if a domain does not admit it, ExitCode::data or
  /// ExitCode::integrity for what it reads.
  void (*run)(const Stage& stage, Session& session, RunConfig config, const StageOptions& options);

  const char* name() const { return chain.stage; }
};

/// In the order in which they are listed.
std::span<const Stage* const> all_stages();

std::vector<std::string> names_of_stages();

/// Throws ExitCode::data, saying what there is.
const Stage& find_stage(const std::string& name);

/// What a config may speak of: all kinds of models, the sections of all stages.
const Language& config_language();

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/options.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/runtime/session.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

/// A subcommand's own arguments, as main() found them.
struct Arguments {
  int& argc;  ///< of the whole program, for MPI_Init
  char**& argv;
  std::vector<std::string> words;  ///< after the subcommand's name
};

/// One of the commands of a subcommand: the `sign` of `policy sign`.
struct Part {
  const char* name;
  int (*run)(const std::vector<std::string>& words);
};

/// One subcommand: its name, its line in `bailiwick --help`, and what it does, or its parts.
struct Command {
  std::string name;
  std::string summary;
  std::function<int(const Arguments&)> run;
  std::vector<Part> parts = {};
};

int policy_sign(const std::vector<std::string>& words);
int policy_show(const std::vector<std::string>& words);
int policy_profile(const std::vector<std::string>& words);
int policy_check(const std::vector<std::string>& words);
int registry_publish(const std::vector<std::string>& words);
int registry_withdraw(const std::vector<std::string>& words);
int budget_plan(const std::vector<std::string>& words);
int budget_show(const std::vector<std::string>& words);
int deploy_init(const std::vector<std::string>& words);
int deploy_add(const std::vector<std::string>& words);
int deploy_promote(const std::vector<std::string>& words);
int deploy_retire(const std::vector<std::string>& words);
int deploy_rollback(const std::vector<std::string>& words);
int deploy_withdraw(const std::vector<std::string>& words);
int deploy_show(const std::vector<std::string>& words);
int site_sign(const std::vector<std::string>& words);
int site_show(const std::vector<std::string>& words);
int trust_sign(const std::vector<std::string>& words);

int command_access_log(const Arguments& arguments);
int command_approve(const Arguments& arguments);
int command_compare(const Arguments& arguments);
int command_check(const Arguments& arguments);
int command_countersign(const Arguments& arguments);
int command_digest(const Arguments& arguments);
int command_export(const Arguments& arguments);
int command_check_output(const Arguments& arguments);
int command_forget(const Arguments& arguments);
int command_ingest(const Arguments& arguments);
int command_inspect(const Arguments& arguments);
int command_keygen(const Arguments& arguments);
int command_line(const Arguments& arguments);
int command_lrtest(const Arguments& arguments);
int command_meta(const Arguments& arguments);
int command_owner(const Arguments& arguments);
int command_refuse(const Arguments& arguments);
int command_release(const Arguments& arguments);
int command_report(const Arguments& arguments);
int command_reproduce(const Arguments& arguments);
int command_schema(const Arguments& arguments);
int command_slurm(const Arguments& arguments);
int command_trace(const Arguments& arguments);
int command_verify(const Arguments& arguments);
int command_wald(const Arguments& arguments);
int command_withdraw(const Arguments& arguments);

/// What every stage and `check` have in common on the command line.
struct RunOptions {
  std::string config;
  Overrides overrides;
  StageOptions stage;
  std::string asked;  ///< check: --stage
  bool verbose = false;
};

/// A stage, or `check`: which options it takes.
struct RunCommand {
  const char* name;
  const char* help;
  const Stage* stage = nullptr;
};

/// Starts a session, parses the words, calls `work`, and turns an Error into an exit code on every
/// rank: the same one if all ranks failed, an abort of the job if only some did.
int in_session(const Arguments& arguments, Options& options,
               const std::function<void(Session&)>& work);

/// The same of a command that takes a config.
int run_collectively(const Arguments& arguments, const RunCommand& command,
                     const std::function<void(Session&, const RunOptions&)>& work);

/// `work` with the config that the options name; what it says of a key says where that stands.
void with_config(Session& session, const RunOptions& options,
                 const std::function<void(RunConfig)>& work);

int command_stage(const Stage& stage, const Arguments& arguments);

}  // namespace bailiwick

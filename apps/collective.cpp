// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/names.hpp"
#include "lib/core/standard_streams.hpp"
#include "lib/core/text.hpp"
#include "lib/record/deployed.hpp"
#include "lib/record/restart.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/stop_signal.hpp"

namespace bailiwick {

namespace {

/// How long a rank that failed waits for the others to fail as well before it ends the job.
constexpr double patience_seconds = 5;

/// What is done at the end whatever happened. What the run itself met counts, and is said first.
void end(Session& session, const Error& error) {
  try {
    session.end(error.code(), error.what());
  } catch (...) {
    std::cerr << printable_lines(caught_error().what()) << '\n' << std::flush;
  }
}

int report(Session& session, const Error& error) {
  const int code = static_cast<int>(error.code());
  const std::string message = printable_lines(error.what());
  const bool everyone = session.all_arrive(patience_seconds);
  if (!everyone) {
    std::cerr << fmt::format("bailiwick: rank {} on {}: {}\n", session.world().rank(), node_name(),
                             message)
              << std::flush;
    end(session, error);
    session.abort(code);
  }
  if (session.world().is_root()) std::cerr << "bailiwick: " << message << '\n' << std::flush;
  end(session, error);
  return code;
}

}  // namespace

int in_session(const Arguments& arguments, Options& options,
               const std::function<void(Session&)>& work) {
  options.add()(
      "watchdog", po::value<std::string>()->default_value("00:30:00"),
      "HH:MM:SS or D-HH:MM:SS without any progress after which the run is ended; 0: never");
  if (arguments.words == help_as_json && !options.parse(arguments.words)) return 0;  // without MPI
  Session session(arguments.argc, arguments.argv);
  try {
    // Every rank reads the same words, so a usage error is everyone's; only one should print help.
    std::streambuf* const out = std::cout.rdbuf();
    if (!session.world().is_root()) std::cout.rdbuf(nullptr);
    const bool proceed = options.parse(arguments.words);
    std::cout.rdbuf(out);
    if (!proceed) return 0;
    session.watch(parse_duration(options.text("watchdog"), "--watchdog"));
    work(session);
    agree(session.world(), [&] {
      if (session.world().is_root()) check_standard_output();
    });
    agree(session.world(), [&] { session.end(ExitCode::ok, ""); });
    return 0;
  } catch (...) {
    return report(session, caught_error());
  }
}

int run_collectively(const Arguments& arguments, const RunCommand& command,
                     const std::function<void(Session&, const RunOptions&)>& work) {
  const bool scores = command.stage != nullptr && command.stage->chain.names_model;
  const bool resumes = command.stage != nullptr && command.stage->chain.resumes;
  const char* page = command.stage != nullptr ? command.stage->page : "policy.md";
  Options options(std::string(command.name) + " CONFIG [options]", command.help,
                  std::string("docs/") + page);
  options.add()("set", po::value<std::vector<std::string>>(),
                "KEY=VALUE: override a key of the config, e.g. train.method=lbfgs");
  options.add()("output", po::value<std::string>(), "folder for results, instead of the config's");
  options.add()("petsc", po::value<std::string>(),
                "options for PETSc, e.g. \"-tao_nls_ksp_type cg\"");
  if (scores)
    options.add()("model", po::value<std::string>(),
                  "model file (default: model.h5 in the output folder), beside its lineage; or "
                  "REGISTRY/NAME: the version in use there (docs/deploy.md)");
  if (scores || resumes)
    options.add()("model-key", po::value<std::vector<std::string>>(),
                  "public key (PEM) that may have signed the model or checkpoint that is named, "
                  "beside the operator's of the config; may be given again");

  if (command.stage == nullptr) {
    options.add()("stage", po::value<std::string>()->default_value("train"),
                  ("what to ask for: " + join(names_of_stages())).c_str());
    options.add()("verbose", "every clause of every domain, not only those that refuse");
  }
  if (resumes) {
    options.add()("resume", po::value<std::string>(),
                  "latest: go on from the newest checkpoint in the output folder that verifies, or "
                  "start if there is none; a checkpoint file: from that one, into a new folder");
    options.add()(
        "wall-time", po::value<std::string>(),
        "HH:MM:SS or D-HH:MM:SS after which a checkpoint is written and the run stops with "
        "code 75; SIGTERM, SIGINT and SIGUSR1 do the same at once");
  }

  return in_session(arguments, options, [&](Session& session) {
    RunOptions run;
    run.config = options.text("CONFIG");
    run.stage = {options.text("model"), options.list("model-key"), options.text("resume")};
    run.asked = options.text("stage");
    run.verbose = options.has("verbose");
    const std::string& resume = run.stage.resume;
    const std::string typo = did_you_mean(resume, std::array<std::string, 1>{resume_latest});
    if (resume != resume_latest && !typo.empty() && !std::filesystem::exists(resume))
      throw Error(ExitCode::usage, "--resume {}: there is no such checkpoint{}", resume, typo);
    if (options.has("wall-time"))
      StopSignal::set_wall_time(parse_duration(options.text("wall-time"), "--wall-time"));
    run.overrides = options.assignments("set");
    if (options.has("output"))
      run.overrides.emplace_back("output",
                                 std::filesystem::absolute(options.text("output")).string());
    if (options.has("petsc"))
      run.overrides.emplace_back("train.petsc_options", options.text("petsc"));
    work(session, run);
  });
}

void with_config(Session& session, const RunOptions& options,
                 const std::function<void(RunConfig)>& work) {
  RunConfig config =
      load_run_config(session.world(), options.config, config_language(), options.overrides);
  const KeyPlaces places = config.places;
  try {
    work(std::move(config));
  } catch (const Error& error) {
    if (error.code() != ExitCode::config) throw;
    throw Error(error.code(), with_place(places, error.what()));
  }
}

/// As a config has it.
std::string routes_text(const NamedModel& model) {
  Json routes = Json::object();
  for (const auto& [domain, content] : model.routes)
    routes[domain] = content.hex();
  return routes.dump();
}

int command_stage(const Stage& stage, const Arguments& arguments) {
  return run_collectively(arguments, {stage.name(), stage.help, &stage},
                          [&](Session& session, const RunOptions& options) {
                            with_config(session, options, [&](RunConfig config) {
                              RunOptions asked = options;
                              const NamedModel model =
                                  model_in_use(session.world(), config, asked.stage.model,
                                               asked.stage.model_keys);
                              asked.stage.model = model.file;
                              if (model.routes.empty())
                                return stage.run(stage, session, std::move(config), asked.stage);
                              // What decides bits is in the config, and signed with it.
                              asked.overrides.emplace_back("evaluate.routes", routes_text(model));
                              with_config(session, asked, [&](RunConfig routed) {
                                stage.run(stage, session, std::move(routed), asked.stage);
                              });
                            });
                          });
}

}  // namespace bailiwick

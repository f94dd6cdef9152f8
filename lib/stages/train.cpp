// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/json.hpp"
#include "lib/data/imputation.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/record/layout.hpp"
#include "lib/record/regions.hpp"
#include "lib/record/restart.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/stage.hpp"
#include "lib/train/descent.hpp"
#include "lib/train/federated/rounds.hpp"
#include "lib/train/private_descent.hpp"
#include "lib/train/private_newton.hpp"
#include "lib/train/solver.hpp"

namespace bailiwick {

namespace {

NoisePlan training_noise(const RunConfig& config) {
  return config.model.kind->network ? descent_noise(config) : newton_noise(config);
}

void train(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  std::unique_ptr<FileLock> lock;
  if (options.resume == resume_latest) {
    lock = lock_chain(session.world(), config.output, stage.chain);
    if (is_done(session.world(), config, stage.chain)) return;
  }
  Run run(session, std::move(config), stage.use);
  run.state_model(model_asked(run.config().model));
  ModelColumns columns = select_columns(run.config().model, run.schema());
  const std::string fingerprint = training_fingerprint(run, columns.names);
  const bool federated = run.config().train.federated.has_value();
  const Restart restart = find_restart(run, options.resume, options.model_keys, fingerprint,
                                       [&](const std::string& path) {
                                         if (federated) check_regions(run, path);
                                       });
  if (const auto& said = restart.checkpoint.attributes; said.contains("delete_by"))
    run.delete_by(said.at("delete_by"));
  load_solver(run);
  RunRecord record(run, stage.chain, restart.in_place, std::move(lock));
  if (!restart.path.empty())
    record.add_dependency({dependency::resumed_from, restart.content, Json::object(), {}});
  record.begin_session();
  Checkpoints checkpoints(record, run.config().train.checkpoint, fingerprint);
  train_by(run, record, checkpoints, restart, [&] {
    if (run.config().privacy)
      return run.config().model.kind->network ? make_private_descent(run, columns)
                                              : make_private_newton(run, columns);
    fit_missing(run, columns);
    if (federated) return make_federated(run, columns, restart.in_place);
    if (run.config().model.kind->network) return make_descent(run, columns);
    return make_solver(run, columns);
  });
}

}  // namespace

extern constexpr Stage train_stage{
    .summary = "train a model over all domains",
    .help =
        "Trains the model of a config over all domains and writes model.h5, its checkpoints and a "
        "signed\nlineage to the output folder. Rows never leave their domain; only integer sums "
        "do.",
    .page = "models.md",
    .use = {.action = Action::train,
            .release = Action::release_model,
            .trains = true,
            .noise = training_noise},
    .chain = training_chain,
    .run = train};

}  // namespace bailiwick

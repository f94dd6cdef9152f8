// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/train.hpp"
#include "lib/run/request.hpp"

#include <iostream>

#include "lib/core/stopwatch.hpp"
#include "lib/core/text.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/kinds/objective.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/model/summary.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/optim/newton.hpp"
#include "lib/optim/replay.hpp"
#include "lib/optim/tao.hpp"
#include "lib/record/checkpoints.hpp"
#include "lib/record/regions.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/runtime/stop_signal.hpp"
#include "lib/train/federated.hpp"
#include "lib/train/network.hpp"

namespace bailiwick {

namespace {

/// The model as the iterate has it, without what only the end can tell.
SavedModel model_at(const Run& run, const ModelColumns& columns, const ColumnMoments& moments,
                    const Iterate& iterate) {
  SavedModel model = untrained_model(run, columns);
  model.iteration = iterate.iteration;
  model.parameters = iterate.theta;
  model.mean = moments.centre;
  model.scale = moments.scale;
  model.information = iterate.evaluation.hessian;
  model.log_likelihood = iterate.evaluation.log_likelihood;
  model.rows = moments.rows;
  return model;
}

Iterate solve(Run& run, Objective& objective, const Observer& observer) {
  const TrainConfig& config = run.config().train;
  std::vector<double> start(objective.size(), 0.0);
  if (config.method == "newton") {
    NewtonOptions options;
    options.tolerance = config.tolerance;
    options.max_iterations = config.max_iterations;
    return newton(objective, std::move(start), options, observer);
  }
  run.session().start_petsc();
  TaoOptions options;
  options.type = config.method == "lbfgs" ? "lmvm" : "nls";
  options.tolerance = config.tolerance;
  options.max_iterations = config.max_iterations;
  options.petsc_options = config.petsc_options;
  Iterate last = tao(objective, std::move(start), options, observer);
  last.evaluation = objective.evaluate(last.theta, Order::hessian);
  return last;
}

/// R's summary of the fit, from which the model takes its coefficients in the units of the data.
ModelSummary summarise(Run& run, const ModelColumns& columns, const ModelRows& rows,
                       SavedModel& model, double null_log_likelihood) {
  FittedModel fitted;
  fitted.columns = columns.names;
  if (columns.intercept) fitted.intercept = 0;
  fitted.classes = columns.categories;
  fitted.theta = model.parameters;
  const Cholesky factor(model.information);
  if (const auto column = factor.deficient())
    throw Error(ExitCode::not_converged,
                "at the end the data say nothing about '{}': it separates the outcomes perfectly "
                "or is a linear "
                "combination of others; set model.l2 above 0, or leave it out of model.features",
                parameter_names(columns)[*column]);
  fitted.covariance = factor.inverse();
  if (model.config.standardise != Standardisation::per_domain)
    fitted.standardised = ColumnMoments{model.mean, model.scale, model.rows};
  fitted.log_likelihood = model.log_likelihood;
  fitted.penalised = model.config.l2 > 0;

  ModelSummary summary;
  if (model.config.kind == ModelKind::cox) {
    summary = summarise_cox(fitted, static_cast<double>(rows.selected),
                            static_cast<double>(rows.events), null_log_likelihood);
  } else {
    std::vector<kernels::RowBlocks> blocks;
    for (const LoadedRows& domain : rows.domains)
      blocks.push_back(domain.rows);
    const kernels::Family family = family_of(model.config.kind);
    const ResponseTotals response =
        response_totals(blocks, family, std::max<std::size_t>(2, columns.categories.size()),
                        columns.intercept, run.boundary());
    summary = summarise_glm(fitted, family, response);
  }
  summary.references = reference_levels(columns, run.schema());
  model.null_log_likelihood = summary.null_log_likelihood;
  for (const Coefficient& coefficient : summary.coefficients) {
    model.coefficients.push_back(coefficient.estimate);
    model.standard_errors.push_back(coefficient.standard_error);
  }
  return summary;
}

/// A solver's run over all iterations, with its checkpoints.
void train_by_solver(Run& run, RunRecord& record, const ModelColumns& columns,
                     Checkpoints& checkpoints, const Restart& restart) {
  const Stopwatch total;
  const ModelConfig& model = run.config().model;
  const bool root = run.world().is_root();
  const Stopwatch reading;
  ModelRows rows = load_model_rows(run, model, columns, run.config().train.split);
  const double seconds_reading = reading.seconds();
  if (root) std::cout << run.headline(rows.selected, parameter_names(columns).size()) << std::endl;

  const Stopwatch solving;
  const ColumnMoments moments = standardise_for_training(run, model, columns, rows);
  const auto objective = make_objective(model, columns, rows, run.boundary());
  Replay replay(*objective);
  int done = -1;  // the last iteration of earlier sessions
  take_up(run, restart, [&] {
    replay.restore(restart.checkpoint.arrays);
    done = model_from_checkpoint(restart.checkpoint, restart.path).iteration;
  });

  const int every = run.config().train.checkpoint.every;
  if (root)
    std::cout << fmt::format("{:>9}  {:>22}  {:>12}  {:>8}\n", "iteration", "log-likelihood",
                             "decrement", "seconds");
  double null_log_likelihood = 0;  // Cox: at the start, where all parameters are zero
  const StopSignal::Deferred deferred;
  const Iterate last = solve(run, replay, [&](const Iterate& iterate) {
    if (iterate.iteration == 0) null_log_likelihood = iterate.evaluation.log_likelihood;
    if (iterate.iteration <= done) return;
    if (root)
      std::cout << fmt::format("{:>9}  {:>22.12g}  {:>12.3g}  {:>8.2f}\n", iterate.iteration,
                               iterate.evaluation.log_likelihood, iterate.decrement,
                               solving.seconds())
                << std::flush;
    run.outcome()->add_step(fmt::format("log-likelihood of iteration {}", iterate.iteration));
    const std::string stop = StopSignal::agreed(run.world());
    const bool due = every > 0 && iterate.iteration > 0 && iterate.iteration % every == 0;
    if (!stop.empty() || (due && checkpoints.ready())) {
      io::Checkpoint checkpoint = to_checkpoint(model_at(run, columns, moments, iterate));
      checkpoint.arrays.merge(replay.state());
      checkpoints.write(std::move(checkpoint), fmt::format("step-{:06}.h5", iterate.iteration),
                        iterate.evaluation.value, !stop.empty());
    }
    if (!stop.empty()) checkpoints.stop(stop);
  });

  SavedModel fitted = model_at(run, columns, moments, last);
  fitted.converged = true;
  const std::string table = to_text(summarise(run, columns, rows, fitted, null_log_likelihood));
  const double seconds_solving = solving.seconds();
  record.write_text(table, "model.txt");
  if (root) std::cout << '\n' << table;
  record.publish_model(
      to_checkpoint(fitted),
      {{"rows", rows.selected},
       {"iterations", last.iteration},
       {"logLikelihood", last.evaluation.log_likelihood},
       {"seconds",
        {{"total", total.seconds()}, {"reading", seconds_reading}, {"solving", seconds_solving}}}});
}

}  // namespace

void train(Session& session, RunConfig config, const std::string& resume,
           const std::vector<std::string>& keys) {
  std::unique_ptr<FileLock> lock;
  if (resume == resume_latest) {
    lock = lock_training(session.world(), config.output);
    if (is_done(session.world(), config, "lineage")) return;
  }
  Run run(session, std::move(config), actions_of("train"));
  const ModelColumns columns = select_columns(run.config().model, run.schema());
  const std::string fingerprint = training_fingerprint(run, columns.names);
  const bool federated = run.config().train.federated.has_value();
  const Restart restart =
      find_restart(run, resume, keys, fingerprint, [&](const std::string& path) {
        if (federated) check_regions(run, path);
      });
  if (const auto& said = restart.checkpoint.attributes; said.contains("delete_by"))
    run.delete_by(said.at("delete_by"));
  RunRecord record(run, "train", "lineage", restart.in_place, std::move(lock));
  if (!restart.path.empty())
    record.add_dependency({dependency::resumed_from, restart.content, Json::object(), {}});
  record.publish_decisions();
  Checkpoints checkpoints(record, run.config().train.checkpoint, fingerprint);
  if (federated)
    train_federated(run, record, columns, checkpoints, restart);
  else if (run.config().model.kind == ModelKind::mlp)
    train_network(run, record, columns, checkpoints, restart);
  else
    train_by_solver(run, record, columns, checkpoints, restart);
}

}  // namespace bailiwick

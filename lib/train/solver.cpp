// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/solver.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "lib/core/json.hpp"
#include "lib/data/clusters.hpp"
#include "lib/data/training_rows.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/optim/newton.hpp"
#include "lib/optim/replay.hpp"
#include "lib/optim/tao.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

Iterate solve(Run& run, Objective& objective, const Observer& observer) {
  const TrainConfig& config = run.config().train;
  std::vector<double> start = objective.start();
  if (config.method == TrainMethod::newton) {
    NewtonOptions options;
    options.tolerance = config.tolerance;
    options.max_iterations = config.max_iterations;
    return newton(objective, std::move(start), options, observer);
  }
  TaoOptions options;
  options.type = config.method == TrainMethod::lbfgs ? "lmvm" : "nls";
  options.tolerance = config.tolerance;
  options.max_iterations = config.max_iterations;
  options.petsc_options = config.petsc_options;
  Iterate last = tao(objective, start, options, observer);
  last.evaluation = objective.evaluate(last.theta, Order::hessian);
  return last;
}

/// R's summary of the fit, from which the model takes its coefficients in the units of the data.
ModelSummary summarise(const Run& run, const ModelColumns& columns, const Likelihood& likelihood,
                       const std::optional<Clusters>& clusters, SavedModel& model,
                       double log_likelihood, double at_start) {
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
                likelihood.objective->parameter_name(*column));
  fitted.covariance = factor.inverse();
  fitted.robust = has_robust_errors(model.config);
  if (fitted.robust) {
    const ScoreProducts scores =
        likelihood.objective->score_products(fitted.theta, clusters ? &*clusters : nullptr);
    model.covariance = fitted.covariance = sandwich(fitted.covariance, scores.products);
    fitted.clusters = scores.clusters;
  }
  if (clusters) fitted.cluster = to_word(model.config.cluster);
  if (model.config.standardise != Standardisation::per_domain)
    fitted.standardised = ColumnMoments{model.mean, model.scale, model.rows};
  fitted.log_likelihood = log_likelihood;
  fitted.penalised = model.config.l2 > 0;

  ModelSummary summary = likelihood.summary(fitted, at_start);
  summary.references = reference_levels(columns, run.schema());
  const bool pseudo =
      model.config.weighs_classes() || model.config.weight_type == WeightType::sampling;
  if (pseudo) summary.is_probability = false;
  if (pseudo && !fitted.robust)
    summary.note +=
        "Standard errors are the model's own, which such weights make too small or too large: "
        "model.errors: robust has others.\n";
  if (model.config.weights && model.config.weight_type == WeightType::precision && !fitted.robust &&
      !summary.dispersion)
    summary.note +=
        "Weights were taken for precisions: for those of a sample or of equal rows set "
        "model.weight_type.\n";
  if (const std::string missing = missing_values_text(model); !missing.empty())
    summary.note += missing + ".\n";
  model.null_log_likelihood = summary.null_log_likelihood;
  for (const Coefficient& coefficient : summary.coefficients) {
    model.coefficients.push_back(coefficient.estimate);
    model.standard_errors.push_back(coefficient.standard_error);
  }
  if (!std::ranges::all_of(model.standard_errors, [](double e) { return std::isfinite(e); }))
    model.standard_errors.clear();  // they are not defined
  return summary;
}

class Solver : public Method {
 public:
  Solver(Run& run, const ModelColumns& columns)
      : run_(run),
        columns_(columns),
        rows_(load_training_rows(run, columns)),
        moments_(standardise_for_training(run, run.config().model, columns, rows_)),
        likelihood_(kind_of(run.config().model)
                        .likelihood(run.config().model, columns, rows_, moments_, run.boundary())),
        replay_(*likelihood_.objective) {}

  std::string headline() const override { return run_.headline(rows_.selected, replay_.size()); }
  std::string heading() const override {
    return fmt::format("{:>9}  {:>22}  {:>12}", "iteration", "log-likelihood", "decrement");
  }

  void restore(const Restart& restart) override {
    replay_.restore(restart.checkpoint.arrays);
    done_ = model_from_checkpoint(restart.checkpoint, restart.path).iteration;
  }

  void run(const std::function<void(const TrainingStep&)>& after) override {
    const int every = run_.config().train.checkpoint.every;
    last_ = solve(run_, replay_, [&](const Iterate& at) {
      if (at.iteration == 0) at_start_ = at.evaluation.log_likelihood;
      if (at.iteration <= done_) return;
      last_ = at;
      const double log_likelihood = likelihood_.whole(at.evaluation.log_likelihood);
      after({.name = fmt::format("step-{:06}", at.iteration),
             .line = fmt::format("{:>9}  {:>22.12g}  {:>12.3g}", at.iteration, log_likelihood,
                                 at.decrement),
             .numbers = {{"iteration", at.iteration},
                         {"logLikelihood", log_likelihood},
                         {"decrement", at.decrement}},
             .release = fmt::format("log-likelihood of iteration {}", at.iteration),
             .loss = at.evaluation.value,
             .due = every > 0 && at.iteration > 0 && at.iteration % every == 0});
    });
  }

  io::Checkpoint checkpoint(const TrainingStep&) override {
    io::Checkpoint checkpoint = to_checkpoint(model_now());
    checkpoint.arrays.merge(replay_.state());
    return checkpoint;
  }

  /// The model, once it is fitted, and its summary.
  std::pair<SavedModel, ModelSummary> fitted() const {
    SavedModel model = model_now();
    model.converged = true;
    std::optional<Clusters> clusters;
    if (model.config.cluster != Cluster::none)
      clusters = find_clusters(model.config, rows_, run_.boundary());
    ModelSummary summary = summarise(run_, columns_, likelihood_, clusters, model,
                                     last_.evaluation.log_likelihood, at_start_);
    if (likelihood_.baselines) model.baselines = likelihood_.baselines(model.parameters);
    return {std::move(model), std::move(summary)};
  }

  io::Checkpoint finish(RunRecord& record, Json& results) override {
    const auto& [fitted, summary] = this->fitted();
    const std::string table = to_text(summary);
    record.write_text(table, "model.txt");
    record.write_text(coefficients_csv(summary), "coefficients.csv");
    if (run_.world().is_root()) std::cout << '\n' << table;
    results = {{"rows", rows_.selected},
               {"iterations", last_.iteration},
               {"logLikelihood", fitted.log_likelihood}};
    for (const HazardTest& test : summary.hazard_tests)
      results["proportionalHazards"].push_back({{"name", test.name},
                                                {"chiSquared", test.chi_squared},
                                                {"df", test.freedom},
                                                {"p", test.p_value}});
    return to_checkpoint(fitted);
  }

 private:
  /// As the last iterate has it, without what only the end can tell.
  SavedModel model_now() const {
    SavedModel model = untrained_model(run_, columns_);
    model.iteration = last_.iteration;
    model.parameters = last_.theta;
    model.mean = moments_.centre;
    model.scale = moments_.scale;
    model.information = last_.evaluation.hessian;
    model.log_likelihood = likelihood_.whole(last_.evaluation.log_likelihood);
    model.rows = moments_.rows;
    return model;
  }

  Run& run_;
  const ModelColumns& columns_;
  ModelRows rows_;
  ColumnMoments moments_;
  Likelihood likelihood_;
  Replay replay_;
  Iterate last_;
  int done_ = -1;        ///< the last iteration of earlier sessions
  double at_start_ = 0;  ///< log-likelihood where all parameters are zero
};

}  // namespace

void load_solver(Run& run) {
  const TrainMethod method = run.config().train.method;
  if (method == TrainMethod::lbfgs || method == TrainMethod::newton_krylov)
    agree(run.world(), [&] { run.session().at_close(start_petsc()); });
}

SavedModel fit_model(Run& run, const ModelColumns& columns) {
  Solver solver(run, columns);
  solver.run([](const TrainingStep&) {});
  return solver.fitted().first;
}

std::unique_ptr<Method> make_solver(Run& run, const ModelColumns& columns) {
  return std::make_unique<Solver>(run, columns);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/private_newton.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "lib/core/json.hpp"
#include "lib/core/undefined.hpp"
#include "lib/kinds/glm/kind.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/optim/eigen.hpp"
#include "lib/privacy/json.hpp"
#include "lib/private/glm_sums.hpp"
#include "lib/private/rows.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

constexpr const char* score_release = "score";
constexpr const char* information_release = "information";
/// The information decides no more than how long steps are.
constexpr double information_share = 0.35;
/// Errors are told of coefficients along whose axes the information is so many times its noise, but
/// for a small share: elsewhere they would be the noise's own, and too small.
constexpr double clear_of_noise = 8, small_share = 0.01;
/// No step says more than this of a column that goes from -1 to 1.
constexpr double longest_step = 5;

PrivateGlmOptions options_of(const RunConfig& config, const ModelColumns& columns) {
  PrivateGlmOptions options;
  options.family = family_of(config.model);
  options.names = columns.names;
  options.clip = config.privacy->clip;
  options.unit_rows = config.privacy->unit_rows;
  options.residual = config.privacy->residual;
  // A probability's variance is at most a quarter; of others it grows with the residual.
  options.information =
      options.family == kernels::family<kernels::Binomial> ? 0.25 : options.residual;
  return options;
}

class PrivateNewton : public Method {
 public:
  PrivateNewton(Run& run, const ModelColumns& columns)
      : run_(run),
        columns_(columns),
        scale_(declared_scale(run.config().model, columns, run.schema())),
        glm_(load_private_rows(run, run.config().model, columns, scale_, run.config().train.split,
                               run.config().privacy->unit_rows),
             options_of(run.config(), columns)),
        plan_(newton_noise(run.config())),
        theta_(columns.names.size(), 0.0) {
    const std::shared_ptr<const AggregateLayout> layout = glm_.layout();
    streams_ = {{score_release, glm_.score_sensitivity(), plan_.release(score_release).scale},
                {information_release, glm_.information_sensitivity(),
                 plan_.release(information_release).scale}};
    score_noise_ = run.boundary().noise_deviation(layout->stream(score_release), streams_[0]);
    information_noise_ =
        run.boundary().noise_deviation(layout->stream(information_release), streams_[1]);
  }

  std::string headline() const override {
    return run_.headline(run_.rows(), theta_.size()) +
           fmt::format("\nwith noise for privacy: epsilon {} at delta {} for each unit's {} row{}",
                       plan_.epsilon, plan_.delta, run_.config().privacy->unit_rows,
                       run_.config().privacy->unit_rows == 1 ? "" : "s");
  }
  std::string heading() const override {
    return fmt::format("{:>9}  {:>12}  {:>12}", "iteration", "step", "its noise");
  }

  void restore(const Restart& restart) override {
    const auto at = restart.checkpoint.arrays.find(state);
    if (at == restart.checkpoint.arrays.end() || at->second.size() != theta_.size())
      throw Error(ExitCode::data, "{}: array \"{}\" is missing or of another size", restart.path,
                  state);
    theta_ = at->second;
    iteration_ = model_from_checkpoint(restart.checkpoint, restart.path).iteration;
  }

  void run(const std::function<void(const TrainingStep&)>& after) override {
    const PrivacyConfig& privacy = *run_.config().privacy;
    const int every = run_.config().train.checkpoint.every;
    while (iteration_ < privacy.rounds) {
      const auto [step, noise] = next_step();
      ++iteration_;
      after({.name = fmt::format("step-{:06}", iteration_),
             .line = fmt::format("{:>9}  {:>12.3g}  {:>12.3g}", iteration_, step, noise),
             .numbers = {{"iteration", iteration_}, {"step", step}, {"noise", noise}},
             .release = fmt::format("parameters of iteration {}", iteration_),
             .loss = -static_cast<double>(iteration_),
             .due = every > 0 && iteration_ % every == 0,
             .last = iteration_ == privacy.rounds});
    }
  }

  io::Checkpoint checkpoint(const TrainingStep&) override {
    io::Checkpoint checkpoint = to_checkpoint(model_now());
    checkpoint.arrays[state] = theta_;
    return checkpoint;
  }

  io::Checkpoint finish(RunRecord& record, Json& results) override {
    SavedModel model = model_now();
    model.converged = true;
    FittedModel fitted;
    fitted.columns = columns_.names;
    if (columns_.intercept) fitted.intercept = 0;
    fitted.theta = model.parameters;
    fitted.covariance = covariance_;
    fitted.standardised = ColumnMoments{model.mean, model.scale, model.rows, 0};
    fitted.penalised = model.config.l2 > 0;
    ModelSummary summary =
        summarise_noisy_glm(fitted, family_of(model.config), static_cast<double>(run_.rows()));
    summary.references = reference_levels(columns_, run_.schema());
    const bool all_told = hide_errors(summary);
    summary.note = fmt::format(
        "Differentially private: epsilon {}, delta {}; rows longer than {} weigh less.\n{}",
        plan_.epsilon, plan_.delta, run_.config().privacy->clip,
        all_told ? "Errors have the noise of the last step in them.\n"
                 : "Of coefficients without errors the rows say less than the noise, or not much "
                   "more: they are not to be relied on.\n");
    for (const Coefficient& coefficient : summary.coefficients) {
      model.coefficients.push_back(coefficient.estimate);
      model.standard_errors.push_back(coefficient.standard_error);
    }
    if (!std::ranges::all_of(model.standard_errors, [](double e) { return std::isfinite(e); }))
      model.standard_errors.clear();
    model.covariance = covariance_;
    const std::string table = to_text(summary);
    record.write_text(table, "model.txt");
    record.write_text(coefficients_csv(summary), "coefficients.csv");
    if (run_.world().is_root()) std::cout << '\n' << table;
    results = {{"rows", run_.rows()}, {"iterations", iteration_}, {"privacy", told()}};
    return to_checkpoint(model);
  }

 private:
  static constexpr const char* state = "private/parameters";

  /// One round, and a step of Newton's; how long it is, and what of it is likely noise.
  std::pair<double, double> next_step() {
    const Aggregate total = run_.boundary().across_domains_with_noise(
        "score and information, with noise", glm_.sums(theta_), streams_, theta_);
    std::vector<double> score = total.values(score_release);
    information_ = total.values(information_release);
    const double l2 = run_.config().model.l2;
    for (std::size_t j = columns_.intercept ? 1 : 0; j < theta_.size(); ++j) {
      score[j] = std::fma(-l2, theta_[j], score[j]);
      information_[j * (j + 1) / 2 + j] += l2;
    }
    // Along directions of which the rows say less than the noise does, no step is taken further
    // than if they said as much.
    const double least =
        std::max(information_noise_ * std::sqrt(static_cast<double>(theta_.size())), 1e-12);
    const SymmetricEigen eigen(information_);
    const std::vector<double> step = eigen.solve(score, least);
    double longest = 0, squares = 0;
    for (const double s : step)
      longest = std::max(longest, std::fabs(s));
    const double shorter = longest > longest_step ? longest_step / longest : 1;
    for (std::size_t j = 0; j < theta_.size(); ++j) {
      theta_[j] = std::fma(shorter, step[j], theta_[j]);
      squares = std::fma(shorter * step[j], shorter * step[j], squares);
    }
    weak_ = eigen.share_below(clear_of_noise * least);
    const std::vector<double> inverse = eigen.inverse(least);
    // A^-1 (A + s^2) A^-1: of the rows, and of the noise in the score.
    std::vector<double> filling = information_;
    for (std::size_t j = 0; j < theta_.size(); ++j)
      filling[j * (j + 1) / 2 + j] += score_noise_ * score_noise_;
    covariance_ = sandwich(inverse, filling);
    // The expected length of A^-1 times the score's noise: its size times the root of tr A^-2.
    double trace = 0;
    for (std::size_t i = 0, k = 0; i < theta_.size(); ++i)
      for (std::size_t j = 0; j <= i; ++j, ++k)
        trace = std::fma((i == j ? 1 : 2) * inverse[k], inverse[k], trace);
    return {std::sqrt(squares), score_noise_ * std::sqrt(trace)};
  }

  /// Of coefficients that are mostly noise: the intercept too, if it is made of one. Whether none
  /// is.
  bool hide_errors(ModelSummary& summary) const {
    bool told = true;
    for (std::size_t j = theta_.size(); j-- > 0;) {
      const bool of_others = columns_.intercept && j == 0 && !told &&
                             std::ranges::any_of(scale_.centre, [](double c) { return c != 0; });
      if (weak_[j] <= small_share && !of_others) continue;
      told = false;
      Coefficient& c = summary.coefficients[j];
      c.standard_error = c.statistic = c.p_value = c.lower = c.upper = undefined;
    }
    return told;
  }

  /// As the steps until now have it, in the target's units.
  SavedModel model_now() const {
    SavedModel model = untrained_model(run_, columns_);
    model.iteration = iteration_;
    model.parameters = theta_;
    for (double& parameter : model.parameters)
      parameter *= scale_.target_half;
    if (columns_.intercept) model.parameters.front() += scale_.target_centre;
    model.mean = scale_.centre;
    model.scale = scale_.scale;
    model.information = information_;
    model.rows = static_cast<double>(run_.rows());
    return model;
  }

  Json told() const {
    Json told = to_json(plan_);
    told["unit_rows"] = run_.config().privacy->unit_rows;
    told["noise"] = {{score_release, score_noise_}, {information_release, information_noise_}};
    return told;
  }

  Run& run_;
  const ModelColumns& columns_;
  DeclaredScale scale_;
  PrivateGlm glm_;
  NoisePlan plan_;
  std::vector<NoisyStream> streams_;
  double score_noise_ = 0, information_noise_ = 0;  ///< standard deviations
  std::vector<double> theta_, information_, covariance_;
  std::vector<double> weak_;  ///< of each parameter, what share is mostly noise
  int iteration_ = 0;
};

}  // namespace

NoisePlan newton_noise(const RunConfig& config) {
  const PrivacyConfig& privacy = *config.privacy;
  const auto rounds = static_cast<std::uint64_t>(privacy.rounds);
  return plan_noise(privacy.epsilon, privacy.delta,
                    {{score_release, rounds, 1 - information_share},
                     {information_release, rounds, information_share}});
}

std::unique_ptr<Method> make_private_newton(Run& run, const ModelColumns& columns) {
  return std::make_unique<PrivateNewton>(run, columns);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/network.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include "lib/core/stopwatch.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/kinds/network/data.hpp"
#include "lib/optim/descent.hpp"
#include "lib/runtime/stop_signal.hpp"

namespace bailiwick {

namespace {

struct Best {
  double loss = std::numeric_limits<double>::infinity();
  int epoch = 0;
  std::vector<double> parameters;
};

Best best_of(const State& state, std::size_t parameters) {
  const std::vector<double>& loss = array_of(state, "best/loss", 2);
  if (!(loss[1] > 0)) return {};  // before the first epoch was over
  return {loss[0], static_cast<int>(loss[1]), array_of(state, "best/parameters", parameters)};
}

/// Seconds by what they were spent on.
struct Times {
  double gradient = 0, sum = 0, update = 0;
};

class Training {
 public:
  Training(Run& run, NetworkData& data, const Architecture& architecture);

  const Architecture& architecture() const { return network_.architecture(); }
  std::uint64_t steps_an_epoch() const { return data_.lanes().steps_an_epoch(0); }
  /// Of all sessions.
  std::uint64_t steps() const { return steps_; }
  bool epoch_ended() const { return steps_ % steps_an_epoch() == 0; }
  std::vector<double> parameters() { return gathered(descent_.parameters()); }
  /// All that the next steps depend on. Collective, as parameters().
  State state();
  const Times& times() const { return times_; }

  /// The next step. Collective.
  void step();
  /// Of the epoch that ended: the mean loss of its rows, each as its own step met it.
  double epoch_loss();
  /// Mean loss of the rows that are not trained on. Collective.
  double validation_loss();
  /// Local; meet() must follow.
  void restore(const State& state);
  /// What one member of a team wrote to the parameters, all see. Collective.
  void meet() const {
    if (team_) team_->meet();
  }

 private:
  Digest at_parameters();
  void check(const Aggregate& sum) const;
  /// All parameters' values, of which each member of a team knows its share.
  std::vector<double> gathered(std::vector<double> values);

  Run& run_;
  const DescentConfig& config_;
  NetworkData& data_;
  StepOptions options_;
  Descent descent_;
  std::unique_ptr<Team> team_;
  Network network_;
  Batch batch_;
  std::vector<Aggregate> parts_, losses_;
  std::optional<Aggregate> team_sum_;  ///< where the team finds its sums
  Range here_;                         ///< parameters that this rank moves
  std::uint64_t steps_ = 0;
  double weight_ = 0, loss_ = 0;  ///< of the epoch's rows so far
  Times times_;
};

Training::Training(Run& run, NetworkData& data, const Architecture& architecture)
    : run_(run),
      config_(run.config().train.descent),
      data_(data),
      options_{loss_of(run.config().model.mlp), gradient_format(data.lanes().blocks_a_step()),
               config_.seed, 0},
      descent_(descent_options(run.config().train, steps_an_epoch()),
               architecture.initial_parameters(config_.seed)),
      team_(kernels::on_host ? run.boundary().make_team(
                                   step_layout(architecture, options_.format)->memory_words(),
                                   architecture.parameters())
                             : nullptr),
      network_(architecture, data.lanes().held_rows_a_step(),
               team_ ? team_->floats() : std::span<float>()),
      batch_(data.empty_batch(architecture)),
      here_{0, architecture.parameters()} {
  const auto layout = step_layout(architecture, options_.format);
  const auto loss_layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"weight", 1, wide}, {"loss", 1, wide}});
  for (std::size_t d = 0; d < data_.training().size(); ++d) {
    if (team_)
      parts_.emplace_back(layout, team_->words(team_->rank()));
    else
      parts_.emplace_back(layout);
    losses_.emplace_back(loss_layout);
  }
  if (team_) {
    here_ = team_->share(here_.end);
    team_sum_.emplace(layout, team_->words(0));
  }
  network_.set_parameters(descent_.parameters());
  meet();
}

Digest Training::at_parameters() {
  return run_.boundary().masked() ? sha256(std::as_bytes(network_.host_parameters())) : Digest();
}

void Training::check(const Aggregate& sum) const {
  if (sum.saturated() != 0)
    throw Error(ExitCode::not_converged,
                "step {}: {} sums are not finite or too large: lower train.descent.learning_rate, "
                "set train.descent.clip_norm, or standardise features and targets",
                steps_ + 1, sum.saturated());
}

void Training::step() {
  Stopwatch watch;
  options_.epoch = steps_ / steps_an_epoch();
  data_.gather(steps_, batch_);
  network_.sum_gradient(options_, batch_, parts_);
  for (std::size_t d = 0; d < parts_.size(); ++d)
    parts_[d].set_rows(data_.rows_gathered()[d]);
  times_.gradient += watch.lap();
  if (team_)
    run_.boundary().across_domains_again("step", parts_.front(), at_parameters(), *team_);
  else
    run_.boundary().across_domains_again("step", parts_, at_parameters());
  const Aggregate& sum = team_ ? *team_sum_ : parts_.front();
  check(sum);
  const double weight = sum.value("weight");
  weight_ += weight;
  loss_ += sum.value("loss");
  times_.sum += watch.lap();
  if (weight > 0)
    descent_.step(sum.words("gradient").data(), options_.format.exponent, weight,
                  network_.parameters(), here_);
  meet();
  ++steps_;
  times_.update += watch.lap();
}

double Training::epoch_loss() {
  if (!(weight_ > 0)) throw Error(ExitCode::data, "all rows to train on have weight 0");
  const double loss = loss_ / weight_;
  weight_ = loss_ = 0;
  return loss;
}

double Training::validation_loss() {
  for (Aggregate& part : losses_)
    std::ranges::fill(part.words(), 0);
  const auto add_batch = [&] {
    batch_.finish();
    network_.add_loss(options_.loss, batch_, losses_);
    batch_.start();
  };
  batch_.start();
  for (std::size_t d = 0; d < data_.validation().size(); ++d)
    for (const auto& [begin, end] : data_.validation_blocks(d)) {
      if (!batch_.has_room(end - begin)) add_batch();
      batch_.add(data_.validation()[d], begin, end - begin, d);
    }
  add_batch();
  for (std::size_t d = 0; d < losses_.size(); ++d)
    losses_[d].set_rows(data_.validation_rows()[d]);
  run_.boundary().across_domains_again("validation", losses_, at_parameters());
  const Aggregate& sum = losses_.front();
  check(sum);
  if (!(sum.value("weight") > 0))
    throw Error(ExitCode::data, "all rows of split \"{}\" have weight 0",
                config_.early_stopping.split);
  return sum.value("loss") / sum.value("weight");
}

std::vector<double> Training::gathered(std::vector<double> values) {
  if (!team_) return values;
  return run_.boundary().gather_within_domain(
      0, std::span(values).subspan(here_.begin, here_.end - here_.begin));
}

State Training::state() {
  State state = descent_.state();
  for (auto& [name, values] : state)
    if (name != "descent/steps") values = gathered(std::move(values));
  state["progress"] = {static_cast<double>(steps_), weight_, loss_};
  return state;
}

void Training::restore(const State& state) {
  descent_.restore(state);
  network_.set_parameters(descent_.parameters());
  const std::vector<double>& progress = array_of(state, "progress", 3);
  steps_ = static_cast<std::uint64_t>(progress[0]);
  weight_ = progress[1];
  loss_ = progress[2];
}

}  // namespace

void train_network(Run& run, RunRecord& record, const ModelColumns& columns,
                   Checkpoints& checkpoints, const Restart& restart) {
  const Stopwatch total;
  const RunConfig& config = run.config();
  const DescentConfig& descent = config.train.descent;
  const bool root = run.world().is_root();

  const Stopwatch reading;
  NetworkData data(run, columns);
  const bool validating = !data.validation().empty();
  const double seconds_reading = reading.seconds();
  SavedModel model = untrained_model(run, columns);
  data.describe(model);
  const Architecture architecture = architecture_of(config.model.mlp, columns);
  Training training(run, data, architecture);

  Best best;
  take_up(run, restart, [&] {
    training.restore(restart.checkpoint.arrays);
    model = model_from_checkpoint(restart.checkpoint, restart.path);
    model.delete_by = run.delete_by();
    if (validating) best = best_of(restart.checkpoint.arrays, architecture.parameters());
  });
  training.meet();
  int epoch = model.iteration;

  if (root)
    std::cout << fmt::format("{}, {} steps an epoch\n{:>9}  {:>16}  {}{:>12}  {:>8}\n",
                             run.headline(data.rows(), architecture.parameters()),
                             training.steps_an_epoch(), "epoch", "loss",
                             validating ? fmt::format("{:>16}  ", "validation") : "", "rows/s",
                             "seconds")
              << std::flush;

  double latest = std::numeric_limits<double>::infinity();  // loss, to tell good checkpoints
  const auto finished = [&] {
    return epoch >= descent.epochs ||
           (validating && epoch - best.epoch >= descent.early_stopping.patience);
  };
  const auto write_checkpoint = [&](bool at_once) {
    io::Checkpoint checkpoint = to_checkpoint(model);
    for (auto& [name, values] : training.state())  // the parameters as well
      checkpoint.arrays[name] = std::move(values);
    if (validating) {
      if (best.epoch > 0) checkpoint.arrays["best/parameters"] = best.parameters;
      checkpoint.arrays["best/loss"] = {best.loss, static_cast<double>(best.epoch)};
    }
    checkpoints.write(std::move(checkpoint),
                      training.epoch_ended() ? fmt::format("epoch-{:06}.h5", epoch)
                                             : fmt::format("step-{:08}.h5", training.steps()),
                      latest, at_once);
  };

  const CheckpointConfig& when = config.train.checkpoint;
  const StopSignal::Deferred deferred;
  const Stopwatch solving;
  Stopwatch watch;
  std::uint64_t steps = 0;  // of this epoch, in this session
  while (!finished()) {
    training.step();
    ++steps;
    bool due = when.every_steps > 0 &&
               training.steps() % static_cast<std::uint64_t>(when.every_steps) == 0;
    if (training.epoch_ended()) {
      const double seconds = watch.lap();
      model.iteration = ++epoch;
      model.log_likelihood = -training.epoch_loss();
      latest = -model.log_likelihood;
      if (validating) {
        latest = training.validation_loss();
        if (latest < best.loss) best = {latest, epoch, training.parameters()};
      }
      if (root)
        std::cout << fmt::format("{:>9}  {:>16.9g}  {}{:>12}  {:>8.2f}\n", epoch,
                                 -model.log_likelihood,
                                 validating ? fmt::format("{:>16.9g}  ", latest) : "",
                                 with_thousands(static_cast<long long>(
                                     static_cast<double>(data.rows()) * static_cast<double>(steps) /
                                     static_cast<double>(training.steps_an_epoch()) / seconds)),
                                 solving.seconds())
                  << std::flush;
      run.outcome()->add_step(fmt::format("loss of epoch {}", epoch));
      steps = 0;
      due = due || (when.every > 0 && epoch % when.every == 0);
    }
    const std::string stop = finished() ? "" : StopSignal::agreed(run.world());
    if (!stop.empty() || (due && checkpoints.ready())) write_checkpoint(!stop.empty());
    if (!stop.empty()) checkpoints.stop(stop);
  }
  const double seconds_solving = solving.seconds();

  model.parameters = validating ? best.parameters : training.parameters();
  if (validating) {
    model.iteration = best.epoch;
    model.log_likelihood = -best.loss;
  }
  model.converged = true;
  record.publish_model(to_checkpoint(model), {{"rows", data.rows()},
                                              {"epochs", epoch},
                                              {"steps", training.steps()},
                                              {"loss", -model.log_likelihood},
                                              {"seconds",
                                               {{"total", total.seconds()},
                                                {"reading", seconds_reading},
                                                {"solving", seconds_solving},
                                                {"gradient", training.times().gradient},
                                                {"sum", training.times().sum},
                                                {"update", training.times().update}}}});
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/descent.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

#include "lib/core/json.hpp"
#include "lib/core/stopwatch.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/kinds/network/data.hpp"
#include "lib/optim/descent.hpp"
#include "lib/run/run.hpp"

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
  /// Of the next step.
  double rate() const { return descent_.rate(); }
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

/// For masks and tags, the same whether there are masks or not.
Digest Training::at_parameters() {
  return run_.domains().size() > 1 ? sha256(std::as_bytes(network_.host_parameters())) : Digest();
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
    descent_.step({.words = sum.words("gradient").data(),
                   .exponent = options_.format.exponent,
                   .weight = weight},
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

class NetworkDescent : public Method {
 public:
  NetworkDescent(Run& run, const ModelColumns& columns, AfterEpoch after_epoch = {})
      : run_(run),
        after_epoch_(std::move(after_epoch)),
        config_(run.config().train.descent),
        data_(run, columns),
        validating_(!data_.validation().empty()),
        model_(untrained_model(run, columns)),
        training_(run, data_, architecture_of(run.config().model.mlp, columns)) {
    data_.describe(model_);
  }

  std::string headline() const override {
    return fmt::format("{}, {} steps an epoch",
                       run_.headline(data_.rows(), training_.architecture().parameters()),
                       training_.steps_an_epoch());
  }
  std::string heading() const override {
    return fmt::format("{:>9}  {:>16}  {}{:>12}", "epoch", "loss",
                       validating_ ? fmt::format("{:>16}  ", "validation") : "", "rows/s");
  }

  void restore(const Restart& restart) override {
    training_.restore(restart.checkpoint.arrays);
    model_ = model_from_checkpoint(restart.checkpoint, restart.path);
    model_.delete_by = run_.delete_by();
    if (validating_)
      best_ = best_of(restart.checkpoint.arrays, training_.architecture().parameters());
  }

  void run(const std::function<void(const TrainingStep&)>& after) override {
    training_.meet();  // what restore() wrote
    const CheckpointConfig& when = run_.config().train.checkpoint;
    const auto every_steps = static_cast<std::uint64_t>(when.every_steps);
    Stopwatch watch;
    std::uint64_t steps = 0;  // of this epoch, in this session
    double rates = 0;         // likewise
    while (!finished()) {
      rates += training_.rate();
      training_.step();
      ++steps;
      TrainingStep step;
      step.due = every_steps > 0 && training_.steps() % every_steps == 0;
      if (training_.epoch_ended()) {
        end_epoch(step, steps, watch.lap());
        if (after_epoch_) after_epoch_(training_.parameters(), rates);
        steps = 0;
        rates = 0;
        step.due = step.due || (when.every > 0 && model_.iteration % when.every == 0);
      } else {
        step.name = fmt::format("step-{:08}", training_.steps());
      }
      step.loss = latest_;
      step.last = finished();
      after(step);
    }
  }

  io::Checkpoint checkpoint(const TrainingStep&) override {
    io::Checkpoint checkpoint = to_checkpoint(model_);
    for (auto& [name, values] : training_.state())  // the parameters as well
      checkpoint.arrays[name] = std::move(values);
    if (validating_) {
      if (best_.epoch > 0) checkpoint.arrays["best/parameters"] = best_.parameters;
      checkpoint.arrays["best/loss"] = {best_.loss, static_cast<double>(best_.epoch)};
    }
    return checkpoint;
  }

  /// Once it is trained.
  const SavedModel& fitted() {
    model_.parameters = validating_ ? best_.parameters : training_.parameters();
    if (validating_) {
      model_.iteration = best_.epoch;
      model_.log_likelihood = -best_.loss;
    }
    model_.converged = true;
    return model_;
  }

  io::Checkpoint finish(RunRecord&, Json& results) override {
    const int epochs = model_.iteration;
    fitted();
    results = {{"rows", data_.rows()},
               {"epochs", epochs},
               {"steps", training_.steps()},
               {"loss", -model_.log_likelihood},
               {"seconds",
                {{"gradient", training_.times().gradient},
                 {"sum", training_.times().sum},
                 {"update", training_.times().update}}}};
    return to_checkpoint(model_);
  }

 private:
  bool finished() const {
    return model_.iteration >= config_.epochs ||
           (validating_ && model_.iteration - best_.epoch >= config_.early_stopping.patience);
  }

  void end_epoch(TrainingStep& step, std::uint64_t steps, double seconds) {
    const int epoch = ++model_.iteration;
    model_.log_likelihood = -training_.epoch_loss();
    latest_ = -model_.log_likelihood;
    if (validating_) {
      latest_ = training_.validation_loss();
      if (latest_ < best_.loss) best_ = {latest_, epoch, training_.parameters()};
    }
    const double rows = static_cast<double>(data_.rows()) * static_cast<double>(steps) /
                        static_cast<double>(training_.steps_an_epoch());
    step.name = fmt::format("epoch-{:06}", epoch);
    step.line = fmt::format("{:>9}  {:>16.9g}  {}{:>12}", epoch, -model_.log_likelihood,
                            validating_ ? fmt::format("{:>16.9g}  ", latest_) : "",
                            with_thousands(static_cast<long long>(rows / seconds)));
    step.numbers = {{"epoch", epoch}, {"loss", -model_.log_likelihood}};
    if (validating_) step.numbers.emplace_back("validation", latest_);
    step.release = fmt::format("loss of epoch {}", epoch);
  }

  Run& run_;
  AfterEpoch after_epoch_;  ///< or nobody is told
  const DescentConfig& config_;
  NetworkData data_;
  bool validating_;
  SavedModel model_;
  Training training_;
  Best best_;
  double latest_ = std::numeric_limits<double>::infinity();  ///< loss, to tell good checkpoints
};

}  // namespace

SavedModel fit_network(Run& run, const ModelColumns& columns, const AfterEpoch& after) {
  NetworkDescent descent(run, columns, after);
  descent.run([](const TrainingStep&) {});
  return descent.fitted();
}

std::unique_ptr<Method> make_descent(Run& run, const ModelColumns& columns) {
  return std::make_unique<NetworkDescent>(run, columns);
}

}  // namespace bailiwick

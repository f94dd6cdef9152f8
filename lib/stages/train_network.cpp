// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/train_network.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include "lib/core/stopwatch.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/optim/descent.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/network_data.hpp"
#include "lib/stages/network_model.hpp"

namespace bailiwick {

namespace {

/// What decides the bits of a training, but for its rows: a checkpoint is only taken up by the
/// same.
std::string fingerprint(const Run& run, const std::vector<std::string>& inputs) {
  RunConfig same = run.config();
  same.path = same.name = same.output = same.operator_key = same.purpose = "";
  same.recipients.clear();
  same.domains.clear();
  same.site = {};
  same.evaluate = {};
  same.describe = {};
  same.boundary = {};
  same.train.checkpoint_every = 1;
  const std::string& schedule = same.train.descent.schedule.kind;
  if (schedule != "linear" && schedule != "cosine")
    same.train.descent.epochs = 1;  // it may go on for longer
  std::string text = resolved_yaml(same) + join(inputs, ",");
  for (const DomainFacts& domain : run.domains())
    for (const DomainFacts::Partition& partition : domain.partitions)
      text += partition.root.hex();
  return sha256(text).hex();
}

struct Best {
  double loss = std::numeric_limits<double>::infinity();
  int epoch = 0;
  std::vector<double> parameters;
};

Best best_of(const io::Checkpoint& checkpoint, std::size_t parameters, const std::string& path) {
  const auto array = [&](const char* name, std::size_t size) {
    const auto found = checkpoint.arrays.find(name);
    if (found == checkpoint.arrays.end() || found->second.size() != size)
      throw Error(ExitCode::data, "{}: array \"{}\" is missing or of another size", path, name);
    return found->second;
  };
  const std::vector<double> loss = array("best/loss", 2);
  return {loss[0], static_cast<int>(loss[1]), array("best/parameters", parameters)};
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
  std::uint64_t steps() const { return descent_.steps(); }
  std::vector<double> parameters() { return gathered(descent_.parameters()); }
  /// All that the next steps depend on. Collective, as parameters().
  std::map<std::string, std::vector<double>> state();
  const Times& times() const { return times_; }

  /// All steps of an epoch; the mean loss of its rows, each as its own step met it. Collective.
  double epoch(int number);
  /// Mean loss of the rows that are not trained on. Collective.
  double validation_loss();
  /// Local; meet() must follow.
  void restore(const std::map<std::string, std::vector<double>>& state);
  /// What one member of a team wrote to the parameters, all see. Collective.
  void meet() const {
    if (team_) team_->meet();
  }

 private:
  void take_step(std::uint64_t step, double& weight, double& loss);
  Digest at_parameters();
  void check(const Aggregate& sum) const;
  /// All parameters' values, of which each member of a team knows its share.
  std::vector<double> gathered(const std::vector<double>& values);

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
      team_(kernels::on_host
                ? run.boundary().make_team(1 + step_layout(architecture, options_.format)->words(),
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
                descent_.steps() + 1, sum.saturated());
}

void Training::take_step(std::uint64_t step, double& weight, double& loss) {
  Stopwatch watch;
  data_.gather(step, batch_);
  network_.sum_gradient(options_, batch_, parts_);
  times_.gradient += watch.lap();
  if (team_)
    run_.boundary().across_domains_again("step", parts_.front(), at_parameters(), *team_);
  else
    run_.boundary().across_domains_again("step", parts_, at_parameters());
  const Aggregate& sum = team_ ? *team_sum_ : parts_.front();
  check(sum);
  const double step_weight = sum.value("weight");
  weight += step_weight;
  loss += sum.value("loss");
  times_.sum += watch.lap();
  if (step_weight > 0)
    descent_.step(sum.words("gradient").data(), options_.format.exponent, step_weight,
                  network_.parameters(), here_);
  meet();
  times_.update += watch.lap();
}

double Training::epoch(int number) {
  options_.epoch = static_cast<std::uint64_t>(number - 1);
  double weight = 0, loss = 0;
  const std::uint64_t first = steps_an_epoch() * options_.epoch;
  for (std::uint64_t step = first; step < first + steps_an_epoch(); ++step)
    take_step(step, weight, loss);
  if (!(weight > 0)) throw Error(ExitCode::data, "all rows to train on have weight 0");
  return loss / weight;
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
  run_.boundary().across_domains_again("validation", losses_, at_parameters());
  const Aggregate& sum = losses_.front();
  check(sum);
  if (!(sum.value("weight") > 0))
    throw Error(ExitCode::data, "all rows of split \"{}\" have weight 0",
                config_.early_stopping.split);
  return sum.value("loss") / sum.value("weight");
}

std::vector<double> Training::gathered(const std::vector<double>& values) {
  if (!team_) return values;
  return run_.boundary().gather_within_domain(
      0, std::span(values).subspan(here_.begin, here_.end - here_.begin));
}

std::map<std::string, std::vector<double>> Training::state() {
  auto state = descent_.state();
  for (auto& [name, values] : state)
    if (name != "descent/steps") values = gathered(values);
  return state;
}

void Training::restore(const std::map<std::string, std::vector<double>>& state) {
  descent_.restore(state);
  network_.set_parameters(descent_.parameters());
}

}  // namespace

void train_network(Run& run, RunRecord& record, const std::string& resume) {
  const Stopwatch total;
  const RunConfig& config = run.config();
  const DescentConfig& descent = config.train.descent;
  const ModelColumns columns = select_columns(config.model, run.schema());
  const bool root = run.world().is_root();

  const Stopwatch reading;
  NetworkData data(run, columns);
  const bool validating = !data.validation().empty();
  const double seconds_reading = reading.seconds();
  SavedModel model = untrained_model(run, columns);
  data.describe(model);
  const Architecture architecture = architecture_of(config.model.mlp, columns);
  Training training(run, data, architecture);

  const std::string print = fingerprint(run, columns.names);
  Best best;
  int epoch = 0;
  if (!resume.empty()) {
    io::Checkpoint checkpoint;
    agree(run.world(), [&] {
      checkpoint = io::read_checkpoint(resume);
      if (checkpoint.attributes["training"] != print)
        throw Error(ExitCode::data,
                    "{}: not a checkpoint of this training: another config, other rows, or a final "
                    "model",
                    resume);
      training.restore(checkpoint.arrays);
      model = model_from_checkpoint(checkpoint, resume);
      epoch = model.iteration;
      if (validating) best = best_of(checkpoint, architecture.parameters(), resume);
    });
    training.meet();
    record.add_dependency({"resumed from", checkpoint.digest(), Json::object(), {}});
  }

  if (root)
    std::cout << fmt::format("{}, {} steps an epoch\n{:>9}  {:>16}  {}{:>12}  {:>8}\n",
                             run.headline(data.rows(), architecture.parameters()),
                             training.steps_an_epoch(), "epoch", "loss",
                             validating ? fmt::format("{:>16}  ", "validation") : "", "rows/s",
                             "seconds")
              << std::flush;

  const Stopwatch solving;
  while (epoch < descent.epochs) {
    const Stopwatch watch;
    model.iteration = ++epoch;
    const double loss = training.epoch(epoch);
    const double seconds = watch.seconds();
    model.parameters = training.parameters();
    model.log_likelihood = -loss;
    double outside = 0;
    if (validating) {
      outside = training.validation_loss();
      if (outside < best.loss) best = {outside, epoch, model.parameters};
    }
    if (root)
      std::cout << fmt::format("{:>9}  {:>16.9g}  {}{:>12}  {:>8.2f}\n", epoch, loss,
                               validating ? fmt::format("{:>16.9g}  ", outside) : "",
                               with_thousands(static_cast<long long>(
                                   static_cast<double>(data.rows()) / seconds)),
                               solving.seconds())
                << std::flush;
    const int every = config.train.checkpoint_every;
    if (every > 0 && epoch % every == 0) {
      io::Checkpoint checkpoint = to_checkpoint(model);
      checkpoint.arrays.merge(training.state());
      checkpoint.attributes["training"] = print;
      if (validating) {
        checkpoint.arrays["best/parameters"] = best.parameters;
        checkpoint.arrays["best/loss"] = {best.loss, static_cast<double>(best.epoch)};
      }
      record.publish(checkpoint, fmt::format("checkpoints/epoch-{:06}.h5", epoch), false);
    }
    if (validating && epoch - best.epoch >= descent.early_stopping.patience) break;
  }
  const double seconds_solving = solving.seconds();

  if (validating) {
    model.parameters = best.parameters;
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

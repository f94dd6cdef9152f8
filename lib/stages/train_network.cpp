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

Schedule schedule_of(const DescentConfig& config, std::uint64_t steps_an_epoch) {
  const ScheduleConfig& from = config.schedule;
  Schedule schedule;
  schedule.kind = from.kind == "linear"   ? Schedule::Kind::linear
                  : from.kind == "cosine" ? Schedule::Kind::cosine
                  : from.kind == "step"   ? Schedule::Kind::step
                                          : Schedule::Kind::constant;
  schedule.steps = steps_an_epoch * static_cast<std::uint64_t>(config.epochs);
  schedule.warmup_steps = static_cast<std::uint64_t>(
      std::nearbyint(from.warmup_epochs * static_cast<double>(steps_an_epoch)));
  schedule.final_fraction = from.final_fraction;
  schedule.step_every = steps_an_epoch * static_cast<std::uint64_t>(from.step_epochs);
  schedule.step_factor = from.step_factor;
  return schedule;
}

DescentOptions options_of(const TrainConfig& train, std::uint64_t steps_an_epoch) {
  const DescentConfig& config = train.descent;
  DescentOptions options;
  options.method =
      train.method == "sgd" ? DescentOptions::Method::sgd : DescentOptions::Method::adamw;
  options.learning_rate = config.learning_rate;
  options.schedule = schedule_of(config, steps_an_epoch);
  options.beta1 = config.beta1;
  options.beta2 = config.beta2;
  options.epsilon = config.epsilon;
  options.momentum = config.momentum;
  options.nesterov = config.nesterov;
  options.weight_decay = config.weight_decay;
  options.clip_norm = config.clip_norm;
  return options;
}

/// What decides the bits of a training, but for its rows: a checkpoint is only taken up by the
/// same.
std::string fingerprint(const RunConfig& config, const std::vector<std::string>& inputs,
                        std::size_t blocks) {
  RunConfig same = config;
  same.path = same.name = same.output = same.operator_key = same.purpose = "";
  same.recipients.clear();
  same.domains.clear();
  same.site = {};
  same.evaluate = {};
  same.describe = {};
  same.boundary = {};
  same.train.checkpoint_every = 1;
  const bool by_length = config.train.descent.schedule.kind == "linear" ||
                         config.train.descent.schedule.kind == "cosine";
  if (!by_length) same.train.descent.epochs = 1;  // it may go on for longer
  return sha256(resolved_yaml(same) + join(inputs, ",") + std::to_string(blocks)).hex();
}

struct Best {
  double loss = std::numeric_limits<double>::infinity();
  int epoch = 0;
  std::vector<double> parameters;
};

/// Seconds by what they were spent on.
struct Times {
  double gradient = 0, sum = 0, update = 0;
};

class Training {
 public:
  Training(Run& run, const NetworkData& data, const ModelColumns& columns);

  const Architecture& architecture() const { return network_.architecture(); }
  std::uint64_t steps_an_epoch() const { return order_.steps_an_epoch(); }
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
  std::size_t most_rows() const;
  std::size_t most_blocks() const;
  Digest at_parameters();
  void check(const Aggregate& sum) const;
  /// All parameters' values, of which each member of a team knows its share.
  std::vector<double> gathered(const std::vector<double>& values);

  Run& run_;
  const DescentConfig& config_;
  const NetworkData& data_;
  BlockOrder order_;
  StepOptions options_;
  Network network_;
  Batch batch_;
  Descent descent_;
  std::unique_ptr<Team> team_;
  std::vector<Aggregate> parts_, losses_;
  std::optional<Aggregate> team_sum_;  ///< where the team finds its sums
  Descent::Range here_;                ///< parameters that this rank moves
  std::vector<std::size_t> chosen_;
  Times times_;
};

Training::Training(Run& run, const NetworkData& data, const ModelColumns& columns)
    : run_(run),
      config_(run.config().train.descent),
      data_(data),
      order_(data.blocks().size(),
             static_cast<std::size_t>(config_.batch_rows / config_.block_rows), config_.seed),
      options_{loss_of(run.config().model.mlp),
               gradient_format(static_cast<std::size_t>(config_.batch_rows / config_.block_rows)),
               config_.seed, 0},
      network_(architecture_of(run.config().model.mlp, columns.names.size(),
                               std::max<std::size_t>(1, columns.categories.size())),
               most_rows()),
      batch_(columns.names.size(), columns.targets.size(), most_rows(), most_blocks()),
      descent_(options_of(run.config().train, order_.steps_an_epoch()),
               network_.architecture().initial_parameters(config_.seed)) {
  const auto layout = step_layout(network_.architecture().parameters(), options_.format);
  const auto loss_layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"weight", 1, wide}, {"loss", 1, wide}});
  here_ = {0, network_.architecture().parameters()};
  if (kernels::on_host) team_ = run.boundary().make_team(1 + layout->words(), here_.end);
  for (std::size_t d = 0; d < data_.training().size(); ++d) {
    if (team_)
      parts_.emplace_back(layout, team_->words(team_->rank()));
    else
      parts_.emplace_back(layout);
    losses_.emplace_back(loss_layout);
  }
  if (team_) {
    network_.share_parameters(team_->floats());
    const auto [begin, end] = team_->share(here_.end);
    here_ = {begin, end};
    team_sum_.emplace(layout, team_->words(0));
  }
  chosen_.reserve(most_blocks());
  network_.set_parameters(descent_.parameters());
  meet();
}

std::size_t Training::most_blocks() const {
  std::size_t most = 1;
  for (const TrainingBlocks::Stretch& stretch : data_.blocks().local())
    most += order_.most_within(stretch.first, stretch.end());
  return most;
}

std::size_t Training::most_rows() const {
  return most_blocks() * static_cast<std::size_t>(config_.block_rows);
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
  order_.blocks_of(step, chosen_);
  data_.gather(chosen_, batch_);
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
  return loss / weight;
}

double Training::validation_loss() {
  for (Aggregate& part : losses_)
    std::ranges::fill(part.words(), 0);
  // Losses are summed row by row, so batches do not matter; but Cox has a risk set a block.
  const std::size_t block = options_.loss.loss == kernels::Loss::cox
                                ? static_cast<std::size_t>(config_.block_rows)
                                : most_rows();
  for (std::size_t d = 0; d < data_.validation().size(); ++d) {
    const kernels::NetworkRows& rows = data_.validation()[d];
    for (std::size_t first = 0; first < rows.rows(); first += block) {
      const std::size_t count = std::min(rows.rows() - first, block);
      batch_.start(count);
      batch_.add(rows, first, count, d);
      batch_.finish();
      network_.add_loss(options_.loss, batch_, losses_);
    }
  }
  run_.boundary().across_domains_again("validation", losses_, at_parameters());
  const Aggregate& sum = losses_.front();
  check(sum);
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
  const NetworkData data(run, columns);
  const bool validating = !data.validation().empty();
  const double seconds_reading = reading.seconds();
  SavedModel model = untrained_model(run, columns);
  data.describe(model);
  Training training(run, data, columns);

  const std::string print = fingerprint(config, columns.names, data.blocks().size());
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
      epoch = static_cast<int>(parse_count(checkpoint.attributes["iteration"], resume));
      model.iteration = epoch;
      model.parameters = checkpoint.arrays.at("parameters");
      model.log_likelihood = checkpoint.arrays.at("fit").at(0);
      if (validating) {
        best.parameters = checkpoint.arrays.at("best/parameters");
        best.loss = checkpoint.arrays.at("best/loss").at(0);
        best.epoch = static_cast<int>(checkpoint.arrays.at("best/loss").at(1));
      }
    });
    training.meet();
    record.add_dependency({"resumed from", checkpoint.digest(), Json::object(), {}});
  }

  if (root)
    std::cout << fmt::format(
                     "{}: {} rows of {} domain{} on {} rank{}, {} parameters, {} steps an epoch\n"
                     "{:>9}  {:>16}  {}{:>12}  {:>8}\n",
                     config.name, with_thousands(static_cast<long long>(data.rows())),
                     run.domains().size(), run.domains().size() == 1 ? "" : "s", run.world().size(),
                     run.world().size() == 1 ? "" : "s",
                     with_thousands(static_cast<long long>(training.architecture().parameters())),
                     training.steps_an_epoch(), "epoch", "loss",
                     validating ? fmt::format("{:>16}  ", "validation") : "", "rows/s", "seconds")
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
  const io::Checkpoint model_file = to_checkpoint(model);
  const std::string digest = model_file.digest().hex();
  record.write_run_json({{"digest", digest},
                         {"rows", data.rows()},
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
  record.publish_egress();
  record.publish(model_file, "model.h5", true);  // last: where it is, all is
  if (root) std::cout << fmt::format("\nmodel   {}\ndigest  {}\n", record.path("model.h5"), digest);
}

}  // namespace bailiwick

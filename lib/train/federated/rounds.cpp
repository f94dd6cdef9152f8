// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/federated/rounds.hpp"

#include <algorithm>
#include <iostream>
#include <limits>
#include <optional>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/kinds/network/data.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/optim/descent.hpp"
#include "lib/optim/server.hpp"
#include "lib/record/regions.hpp"
#include "lib/run/run.hpp"
#include "lib/train/federated/strategy.hpp"

namespace bailiwick {

namespace {

ServerOptions server_options(const FederatedConfig& config, const Strategy& strategy) {
  ServerOptions options;
  options.method = strategy.server();
  options.rate = config.server_rate;
  options.beta1 = config.beta1;
  options.beta2 = config.beta2;
  options.tau = config.tau;
  return options;
}

/// What one local domain keeps between rounds.
struct Local {
  std::uint64_t step = 0;   ///< taken; as many in every round
  double weight = 0;        ///< of its training rows
  std::vector<double> own;  ///< personal parameters: the head, or all for ditto
};

class FederatedTraining {
 public:
  FederatedTraining(Run& run, NetworkData& data, const Architecture& architecture);

  /// One round; the mean loss that local steps met. Collective.
  double round();
  /// The last of it: local steps on the common model, for finetune. Collective.
  void finetune();

  const std::vector<double>& common() const { return theta_; }
  bool personal() const { return personal_.has_value(); }
  /// The parameters that the d-th local domain ends with.
  std::vector<double> of_region(std::size_t d) const;

  /// What the next rounds depend on: in common, and of the d-th local domain.
  State state() const;
  State state(std::size_t d) const;
  /// After `rounds`. Local. Throws ExitCode::data if they do not fit.
  void restore(int rounds, const State& common, const std::vector<State>& local);

 private:
  struct Losses {
    double weight = 0, loss = 0;
  };
  /// Different rows of non-zero weight that a stretch of steps has used.
  struct Used {
    std::uint64_t epoch = UINT64_MAX;
    std::int64_t in_epoch = 0, rows = 0;
  };

  std::uint64_t steps_an_epoch(std::size_t d) const {
    return data_.lanes().steps_an_epoch(run_.local()[d].index);
  }
  std::size_t local_steps(std::size_t d) const;
  /// What the strategy takes in all of one domain's rows in a round.
  std::size_t steps_a_round(std::size_t d) const;
  /// Steps of one domain on what `descent_` holds.
  void steps(std::size_t d, std::size_t count, const kernels::Pull& pull,
             std::optional<Range> moving, Losses& losses);
  void train_locally(std::size_t d, Losses& losses);
  double nova_norm(std::size_t count) const;
  void contribute(std::size_t d, std::size_t count, const std::vector<double>& after,
                  const Losses& losses);
  void weigh();

  Run& run_;
  const DescentConfig& config_;
  const FederatedConfig& federated_;
  const std::optional<PersonalConfig>& personal_;
  NetworkData& data_;
  std::vector<Local> locals_;
  StepOptions options_;
  Network network_;
  Batch batch_;
  Descent descent_;
  std::size_t shared_;  ///< parameters before this cross
  std::unique_ptr<Strategy> strategy_;
  Server server_;
  std::vector<double> theta_;  ///< common
  DeviceNumbers anchor_;       ///< ditto
  std::vector<Aggregate> parts_, changes_;
  Used used_;  ///< by the steps of this round in one domain
};

std::size_t first_personal(const Architecture& architecture,
                           const std::optional<PersonalConfig>& personal) {
  if (!personal ||
      (personal->kind != PersonalKind::fedper && personal->kind != PersonalKind::fedrep))
    return architecture.parameters();
  const auto layers = architecture.layers().size();
  const auto own = static_cast<std::size_t>(personal->layers);
  if (own >= layers)
    throw Error(ExitCode::config,
                "train.federated.personal.layers: {} of {} layers (the output layer counts) would "
                "leave nothing in common",
                own, layers);
  return architecture.layers()[layers - own].weights;
}

FederatedTraining::FederatedTraining(Run& run, NetworkData& data, const Architecture& architecture)
    : run_(run),
      config_(run.config().train.descent),
      federated_(*run.config().train.federated),
      personal_(federated_.personal),
      data_(data),
      locals_(run.local().size()),
      options_{loss_of(run.config().model.mlp), gradient_format(data.lanes().blocks_a_step()),
               config_.seed, 0},
      network_(architecture, data.lanes().held_rows_a_step()),
      batch_(data.empty_batch(architecture)),
      descent_(descent_options(run.config().train, 1),
               architecture.initial_parameters(config_.seed)),
      shared_(first_personal(architecture, personal_)),
      strategy_(make_strategy(run.config().train,
                              {architecture.parameters(), shared_, run.local().size()})),
      server_(server_options(federated_, *strategy_), shared_),
      theta_(descent_.parameters()),
      anchor_("anchor", theta_.size()) {
  for (std::size_t i = 0; i < run.domains().size(); ++i)
    if (data.lanes().rows_of_domain(i) == 0)
      throw Error(ExitCode::data, "domain {} has no row to train on", run.domains()[i].name);
  const auto layout = step_layout(architecture, options_.format);
  std::vector<Stream> streams{{"weight", 1, wide},
                              {"steps", 1, wide},
                              {"steps' weight", 1, wide},
                              {"loss", 1, wide},
                              {"change", shared_, change_format}};
  std::ranges::move(strategy_->streams(), std::back_inserter(streams));
  const auto change_layout = std::make_shared<const AggregateLayout>(std::move(streams));
  for (Local& local : locals_) {
    parts_.emplace_back(layout);
    changes_.emplace_back(change_layout);
    local.own = theta_;
  }
  for (std::size_t d = 0; d < locals_.size(); ++d)
    ensure(federated_.strategy.at_home == !strategy_->state(d).empty(),
           "a strategy that keeps numbers with the domains says so in its traits");
  weigh();
}

/// The weights of the domains' training rows, each known to its own ranks.
void FederatedTraining::weigh() {
  const auto layout =
      std::make_shared<const AggregateLayout>(std::vector<Stream>{{"weight", 1, wide}});
  for (std::size_t d = 0; d < locals_.size(); ++d) {
    Aggregate sum(layout);
    const RowSum weights(sum, "weight");
    const auto weight = host_copy(data_.training()[d].weight);
    for (std::size_t r = 0; r < weight.extent(0); ++r) {
      weights.add(weight(r));
      if (r % rows_between_carries == 0) sum.normalise();
    }
    run_.boundary().within_domain(d, sum);
    locals_[d].weight = sum.value("weight");
  }
}

std::size_t FederatedTraining::local_steps(std::size_t d) const {
  if (federated_.local_steps) return static_cast<std::size_t>(*federated_.local_steps);
  return static_cast<std::size_t>(federated_.local_epochs) * steps_an_epoch(d);
}

std::size_t FederatedTraining::steps_a_round(std::size_t d) const {
  const std::size_t count = local_steps(d);
  if (!personal_) return count;
  if (personal_->kind == PersonalKind::fedrep)
    return count + static_cast<std::size_t>(personal_->steps);
  return personal_->kind == PersonalKind::ditto ? 2 * count : count;
}

void FederatedTraining::steps(std::size_t d, std::size_t count, const kernels::Pull& pull,
                              std::optional<Range> moving, Losses& losses) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t step = locals_[d].step++;
    options_.epoch = step / steps_an_epoch(d);
    data_.gather(step, batch_, d);
    // An epoch takes every row once; the next one may take the same again.
    if (std::exchange(used_.epoch, options_.epoch) != options_.epoch) used_.in_epoch = 0;
    used_.in_epoch += data_.rows_gathered()[d];
    used_.rows = std::max(used_.rows, used_.in_epoch);
    network_.sum_gradient(options_, batch_, {&parts_[d], 1}, d);
    run_.boundary().within_domain(d, parts_[d]);
    const double weight = parts_[d].value("weight");
    losses.weight += weight;
    losses.loss += parts_[d].value("loss");
    // One domain's failure must not keep its ranks from the next round: the round's sum tells all.
    if (parts_[d].saturated() != 0) losses.loss = std::numeric_limits<double>::infinity();
    if (weight > 0)
      descent_.step({.words = parts_[d].words("gradient").data(),
                     .exponent = options_.format.exponent,
                     .weight = weight},
                    network_.parameters(), {0, theta_.size()}, pull, moving);
  }
}

void FederatedTraining::train_locally(std::size_t d, Losses& losses) {
  Local& local = locals_[d];
  const std::size_t count = local_steps(d);
  used_ = {};
  // The common parameters, and after them the domain's own.
  std::vector<double> start = theta_;
  std::copy(local.own.begin() + static_cast<std::ptrdiff_t>(shared_), local.own.end(),
            start.begin() + static_cast<std::ptrdiff_t>(shared_));
  descent_.restart(start);
  network_.set_parameters(start);
  const kernels::Pull pull = strategy_->pull(d, start);
  if (personal_ && personal_->kind == PersonalKind::fedrep) {
    steps(d, static_cast<std::size_t>(personal_->steps), pull, Range{shared_, theta_.size()},
          losses);
    used_ = {};  // these have not moved what crosses
    steps(d, count, pull, Range{0, shared_}, losses);
  } else {
    steps(d, count, pull, {}, losses);
  }
  const std::vector<double> after = descent_.parameters();
  contribute(d, count, after, losses);

  if (personal_ && personal_->kind == PersonalKind::ditto) {
    Losses ignored;
    descent_.restart(local.own);
    network_.set_parameters(local.own);
    steps(d, count, {personal_->proximal, put(anchor_, theta_), nullptr}, {}, ignored);
    local.own = descent_.parameters();
  } else if (personal_) {
    local.own = after;
  }
}

/// FedNova's ||a||_1: how far `count` steps of this kind go along one gradient.
double FederatedTraining::nova_norm(std::size_t count) const {
  const double rho = config_.momentum;
  const auto k = static_cast<double>(count);
  if (rho == 0) return k;
  double power = 1;
  for (std::size_t i = 0; i < count; ++i)
    power *= rho;
  return (k - rho * (1 - power) / (1 - rho)) / (1 - rho);
}

void FederatedTraining::contribute(std::size_t d, std::size_t count,
                                   const std::vector<double>& after, const Losses& losses) {
  Local& local = locals_[d];
  Aggregate& change = changes_[d];
  std::ranges::fill(change.words(), 0);
  change.set_rows(used_.rows);
  const double norm = nova_norm(count);
  std::vector<double> values(shared_);
  for (std::size_t i = 0; i < shared_; ++i)
    values[i] = local.weight * ((after[i] - theta_[i]) / strategy_->divisor(norm));
  // What the whole domain knows, its first rank says.
  const bool leads = run_.boundary().leads(d);
  if (leads) {
    const double far = local.weight * norm;
    change.add("weight", {&local.weight, 1});
    change.add("steps", {&far, 1});
    change.add("steps' weight", {&losses.weight, 1});
    change.add("loss", {&losses.loss, 1});
    change.add("change", values);
  }
  strategy_->contribute({d, count, local.weight, theta_, after, leads}, change);
}

double FederatedTraining::round() {
  for (std::size_t d = 0; d < locals_.size(); ++d) {
    Losses losses;
    train_locally(d, losses);
  }
  const Digest at = sha256(std::as_bytes(std::span(theta_)));
  run_.boundary().across_domains_again("change of the common parameters", changes_, at);
  const Aggregate& sum = changes_.front();
  if (sum.saturated() != 0)
    throw Error(ExitCode::not_converged,
                "{} sums of a round are not finite or too large: lower "
                "train.descent.learning_rate, set train.descent.clip_norm, or standardise",
                sum.saturated());
  const double weight = sum.value("weight");
  if (!(weight > 0)) throw Error(ExitCode::data, "all rows to train on have weight 0");
  const double scale = strategy_->scale(weight, sum.value("steps"));
  std::vector<double> change = sum.values("change");
  for (double& value : change)
    value *= scale;
  server_.step(change, std::span(theta_).first(shared_));
  strategy_->end_round(sum, weight);
  return sum.value("loss") / sum.value("steps' weight");
}

void FederatedTraining::finetune() {
  if (!personal_ || personal_->kind != PersonalKind::finetune) return;
  for (std::size_t d = 0; d < locals_.size(); ++d) {
    Losses ignored;
    descent_.restart(theta_);
    network_.set_parameters(theta_);
    steps(d, static_cast<std::size_t>(personal_->steps), {}, {}, ignored);
    locals_[d].own = descent_.parameters();
  }
}

std::vector<double> FederatedTraining::of_region(std::size_t d) const {
  std::vector<double> region = locals_[d].own;
  if (personal_->kind == PersonalKind::fedper || personal_->kind == PersonalKind::fedrep)
    std::copy(theta_.begin(), theta_.begin() + static_cast<std::ptrdiff_t>(shared_),
              region.begin());
  return region;
}

State FederatedTraining::state() const {
  State state = server_.state();
  state.merge(strategy_->state());
  state["parameters"] = theta_;
  return state;
}

State FederatedTraining::state(std::size_t d) const {
  State state = strategy_->state(d);
  if (personal_) state["own"] = locals_[d].own;
  return state;
}

void FederatedTraining::restore(int rounds, const State& common, const std::vector<State>& local) {
  server_.restore(common);
  theta_ = array_of(common, "parameters", theta_.size());
  strategy_->restore(common);
  for (std::size_t d = 0; d < locals_.size(); ++d) {
    locals_[d].step = static_cast<std::uint64_t>(rounds) * steps_a_round(d);
    if (local.empty()) continue;
    strategy_->restore(d, local[d]);
    if (personal_) locals_[d].own = array_of(local[d], "own", theta_.size());
  }
}

class FederatedRounds : public Method {
 public:
  FederatedRounds(Run& run, const ModelColumns& columns, bool in_place)
      : run_(run),
        config_(*run.config().train.federated),
        data_(run, columns),
        model_(untrained_model(run, columns)),
        training_(run, data_, architecture_of(run.config().model.mlp, columns)),
        home_(keeps_at_home(config_)) {
    data_.describe(model_);
    if (home_ || training_.personal())
      regions_.emplace(run, training_fingerprint(run, columns.names), in_place);
  }

  std::string headline() const override {
    return fmt::format("{}, {}", run_.headline(data_.rows(), training_.common().size()),
                       to_word(config_.strategy));
  }
  std::string heading() const override { return fmt::format("{:>9}  {:>16}", "round", "loss"); }

  void restore(const Restart& restart) override {
    model_ = model_from_checkpoint(restart.checkpoint, restart.path);
    model_.delete_by = run_.delete_by();
    training_.restore(model_.iteration, restart.checkpoint.arrays,
                      home_ ? states_at_home(run_, restart.path) : std::vector<State>());
  }

  void run(const std::function<void(const TrainingStep&)>& after) override {
    const int every = run_.config().train.checkpoint.every;
    while (model_.iteration < config_.rounds) {
      const double loss = training_.round();
      const int round = ++model_.iteration;
      model_.parameters = training_.common();
      model_.log_likelihood = -loss;
      const bool last = round == config_.rounds;
      after({.name = fmt::format("round-{:06}", round),
             .line = fmt::format("{:>9}  {:>16.9g}", round, loss),
             .numbers = {{"round", round}, {"loss", loss}},
             .release = fmt::format("loss of round {}", round),
             .loss = loss,
             .due = !last && every > 0 && round % every == 0,
             .last = last});
    }
    training_.finetune();
  }

  io::Checkpoint checkpoint(const TrainingStep& step) override {
    if (home_)
      regions_->write(step.name + ".h5", step.loss,
                      [&](std::size_t d) { return training_.state(d); });
    io::Checkpoint checkpoint = to_checkpoint(model_);
    checkpoint.arrays.merge(training_.state());
    return checkpoint;
  }

  io::Checkpoint finish(RunRecord& record, Json& results) override {
    model_.converged = true;
    io::Checkpoint common = to_checkpoint(model_);
    if (training_.personal())
      regions_->finish("model.h5", common.digest(), [&](std::size_t d) {
        SavedModel regional = model_;
        regional.parameters = training_.of_region(d);
        return to_checkpoint(regional);
      });
    else if (home_)
      regions_->finish("state.h5", common.digest(), [&](std::size_t d) {
        return io::Checkpoint{{}, training_.state(d)};
      });
    if (run_.world().is_root() && training_.personal())
      std::cout << fmt::format("\nregional models stay with their domains: {}\n",
                               record.path("regions/"));
    results = {
        {"rows", data_.rows()}, {"rounds", config_.rounds}, {"loss", -model_.log_likelihood}};
    return common;
  }

 private:
  Run& run_;
  const FederatedConfig& config_;
  NetworkData data_;
  SavedModel model_;
  FederatedTraining training_;
  bool home_;
  std::optional<Regions> regions_;
};

}  // namespace

std::unique_ptr<Method> make_federated(Run& run, const ModelColumns& columns, bool in_place) {
  return std::make_unique<FederatedRounds>(run, columns, in_place);
}

}  // namespace bailiwick

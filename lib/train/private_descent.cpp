// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/private_descent.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/stopwatch.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/optim/descent.hpp"
#include "lib/privacy/json.hpp"
#include "lib/private/network_sums.hpp"
#include "lib/private/rows.hpp"
#include "lib/private/unit_sampler.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

constexpr const char* gradient_release = "gradient";

std::uint64_t steps_of(const RunConfig& config) {
  return config.privacy->steps_an_epoch() * static_cast<std::uint64_t>(config.train.descent.epochs);
}

/// Of all domains, as their manifests say: no unit changes it.
std::uint64_t rows_to_train(const Run& run) {
  std::uint64_t rows = 0;
  for (const DomainFacts& domain : run.domains())
    rows += domain.rows_to_train();
  return rows;
}

/// This rank's rows, and what draws among them.
struct DrawnRows {
  std::vector<kernels::NetworkRows> domains;
  std::vector<UnitSampler> samplers;

  DrawnRows(Run& run, const ModelColumns& columns, const DeclaredScale& scale) {
    const PrivacyConfig& privacy = *run.config().privacy;
    std::vector<kernels::RowBlocks> blocks = load_private_rows(
        run, run.config().model, columns, scale, run.config().train.split, privacy.unit_rows);
    for (std::size_t d = 0; d < blocks.size(); ++d) {
      kernels::RowBlocks& rows = blocks[d];
      const std::uint64_t first = run.local()[d].blocks.first;
      samplers.emplace_back(run.boundary().sampling_key(d), privacy.sampled(), first, rows);
      // What a block has room for keeps its place, though no row may lie there.
      const std::vector<std::size_t> all(rows.blocks(), rows.block_rows());
      kernels::NetworkRows& made =
          domains.emplace_back(network_rows(rows, all, columns.embeddings));
      made.first_number = ((run.local()[d].index % 256) << 32) + first * rows.block_rows();
      rows = {};
    }
  }
};

class PrivateDescent : public Method {
 public:
  PrivateDescent(Run& run, const ModelColumns& columns)
      : PrivateDescent(run, columns, declared_scale(run.config().model, columns, run.schema())) {}

  std::string headline() const override {
    return fmt::format(
        "{}, {} steps an epoch\nwith noise for privacy: epsilon {} at delta {} for each unit's "
        "row, "
        "{:.4g} rows a step by chance",
        run_.headline(rows_to_train(run_), network_.architecture().parameters()),
        privacy_.steps_an_epoch(), plan_.epsilon, plan_.delta, expected_rows_);
  }
  std::string heading() const override {
    return fmt::format("{:>9}  {:>9}  {:>12}  {:>12}", "epoch", "step", "gradient", "its noise");
  }

  void restore(const Restart& restart) override {
    descent_.restore(restart.checkpoint.arrays);
    network_.set_parameters(descent_.parameters());
    model_ = model_from_checkpoint(restart.checkpoint, restart.path);
    model_.delete_by = run_.delete_by();
    steps_ = descent_.steps();
  }

  void run(const std::function<void(const TrainingStep&)>& after) override {
    const CheckpointConfig& when = run_.config().train.checkpoint;
    const auto every_steps = static_cast<std::uint64_t>(when.every_steps);
    const std::uint64_t all = steps_of(run_.config()), an_epoch = privacy_.steps_an_epoch();
    while (steps_ < all) {
      const double length = next_step();
      ++steps_;
      TrainingStep step;
      step.due = every_steps > 0 && steps_ % every_steps == 0;
      step.name = fmt::format("step-{:08}", steps_);
      if (steps_ % an_epoch == 0) {
        const int epoch = ++model_.iteration;
        step.name = fmt::format("epoch-{:06}", epoch);
        step.line = fmt::format("{:>9}  {:>9}  {:>12.3g}  {:>12.3g}", epoch, steps_, length,
                                noise_length());
        step.numbers = {{"epoch", epoch}, {"gradient", length}, {"noise", noise_length()}};
        step.release = fmt::format("parameters of epoch {}", epoch);
        step.due = step.due || (when.every > 0 && epoch % when.every == 0);
      }
      step.loss = -static_cast<double>(steps_);
      step.last = steps_ == all;
      after(step);
    }
  }

  io::Checkpoint checkpoint(const TrainingStep&) override {
    io::Checkpoint checkpoint = to_checkpoint(model_);
    for (auto& [name, values] : descent_.state())  // the parameters as well
      checkpoint.arrays[name] = std::move(values);
    return checkpoint;
  }

  io::Checkpoint finish(RunRecord&, Json& results) override {
    model_.parameters = descent_.parameters();
    model_.converged = true;
    results = {
        {"rows", rows_to_train(run_)},
        {"epochs", model_.iteration},
        {"steps", steps_},
        {"privacy", told()},
        {"seconds",
         {{"gradient", gradient_seconds_}, {"sum", sum_seconds_}, {"update", update_seconds_}}}};
    return to_checkpoint(model_);
  }

 private:
  PrivateDescent(Run& run, const ModelColumns& columns, const DeclaredScale& scale)
      : PrivateDescent(run, columns, scale, DrawnRows(run, columns, scale),
                       architecture_of(run.config().model.mlp, columns)) {}

  PrivateDescent(Run& run, const ModelColumns& columns, const DeclaredScale& scale, DrawnRows rows,
                 const Architecture& architecture)
      : run_(run),
        privacy_(*run.config().privacy),
        plan_(descent_noise(run.config())),
        samplers_(std::move(rows.samplers)),
        network_(architecture, std::move(rows.domains),
                 {loss_of(run.config().model.mlp), privacy_.max_gradient,
                  run.config().train.descent.seed}),
        descent_(descent_options(run.config().train, privacy_.steps_an_epoch()),
                 architecture.initial_parameters(run.config().train.descent.seed)),
        stream_{gradient_release, 2 * network_.row_bound(), plan_.release(gradient_release).scale,
                privacy_.sampled()},
        expected_rows_(std::ldexp(static_cast<double>(stream_.sampled), -32) *
                       static_cast<double>(rows_to_train(run))),
        noise_(
            run.boundary().noise_deviation(network_.layout()->stream(gradient_release), stream_)),
        model_(untrained_model(run, columns)) {
    network_.set_parameters(descent_.parameters());
    model_.mean = scale.centre;
    model_.scale = scale.scale;
    model_.target_mean = scale.target_centre;
    model_.target_deviation = scale.target_half;
    model_.rows = static_cast<double>(rows_to_train(run));
  }

  /// One round, and a step along the mean gradient; how long that is.
  double next_step() {
    Stopwatch watch;
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < samplers_.size(); ++d)
      network_.add(d, samplers_[d].draw(steps_), steps_, parts.emplace_back(network_.layout()));
    gradient_seconds_ += watch.lap();
    const Aggregate total = run_.boundary().across_domains_with_noise(
        "gradient of drawn units, with noise", std::move(parts), {{stream_}},
        descent_.parameters());
    sum_seconds_ += watch.lap();
    const std::span<const std::int64_t> limbs = total.words(gradient_release);
    const std::size_t size = limbs.size() / 2;
    std::vector<std::int64_t> words(size);
    double squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
      words[i] = limbs[i] + limbs[size + i] * (std::int64_t{1} << limb_bits);
      squares = std::fma(static_cast<double>(words[i]), static_cast<double>(words[i]), squares);
    }
    // By the number of rows that everybody can expect, not by the one that chance has made.
    const int exponent = total.layout().stream(gradient_release).format.exponent;
    descent_.step({.words = words.data(), .exponent = exponent, .weight = expected_rows_},
                  network_.parameters());
    update_seconds_ += watch.lap();
    return std::ldexp(std::sqrt(squares), -exponent) / expected_rows_;
  }

  /// Of the noise in a mean gradient, expected.
  double noise_length() const {
    return noise_ * std::sqrt(static_cast<double>(network_.architecture().parameters())) /
           expected_rows_;
  }

  Json told() const {
    Json told = to_json(plan_);
    told["unit_rows"] = privacy_.unit_rows;
    told["noise"] = {{gradient_release, noise_}};
    return told;
  }

  Run& run_;
  const PrivacyConfig& privacy_;
  NoisePlan plan_;
  std::vector<UnitSampler> samplers_;
  PrivateNetwork network_;
  Descent descent_;
  NoisyStream stream_;
  double expected_rows_ = 0;  ///< of a step, over all domains
  double noise_ = 0;          ///< standard deviation, in a number of the sum
  SavedModel model_;
  std::uint64_t steps_ = 0;
  double gradient_seconds_ = 0, sum_seconds_ = 0, update_seconds_ = 0;
};

}  // namespace

NoisePlan descent_noise(const RunConfig& config) {
  const PrivacyConfig& privacy = *config.privacy;
  return plan_noise(privacy.epsilon, privacy.delta,
                    {{gradient_release, steps_of(config), 1, privacy.sampled()}});
}

std::unique_ptr<Method> make_private_descent(Run& run, const ModelColumns& columns) {
  return std::make_unique<PrivateDescent>(run, columns);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/influence/tracin.hpp"

#include <algorithm>
#include <cmath>

#include "lib/boundary/own_statistics.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

Architecture without_dropout(const Run& run, const ModelColumns& columns) {
  MlpConfig mlp = run.config().model.mlp;
  for (auto& layer : mlp.layers)
    layer.dropout = 0;
  return architecture_of(mlp, columns);
}

/// Pieces of stored blocks, over all domains, at most.
std::size_t most_pieces(const Run& run) {
  const auto rows = static_cast<std::uint64_t>(run.config().train.descent.block_rows);
  std::uint64_t pieces = 0;
  for (const DomainFacts& domain : run.domains())
    for (const DomainFacts::Partition& partition : domain.partitions)
      pieces += partition.rows / rows + partition.blocks;
  return pieces;
}

void check(std::int64_t saturated) {
  if (saturated != 0)
    throw Error(ExitCode::not_converged,
                "attribute.tracin: {} sums of gradients are not finite or too large", saturated);
}

}  // namespace

TracIn::TracIn(Run& run, const ModelColumns& columns, const std::string& split)
    : run_(run),
      data_(run, columns, split),
      network_(without_dropout(run, columns), data_.most_rows()),
      batch_(data_.empty_batch(network_.architecture())),
      step_{loss_of(run.config().model.mlp), gradient_format(data_.lanes().blocks_a_step()), 0, 0},
      others_{step_.loss, gradient_format(most_pieces(run)), 0, 0},
      own_(run.local().size()),
      terms_(run.local().size()) {
  const auto layout = step_layout(network_.architecture(), step_.format),
             of_others = step_layout(network_.architecture(), others_.format),
             of_weights =
                 std::make_shared<const AggregateLayout>(std::vector<Stream>{{"weight", 1, wide}});
  for (std::size_t d = 0; d < own_.size(); ++d) {
    step_parts_.emplace_back(layout);
    batch_parts_.emplace_back(of_others);
    totals_.emplace_back(of_others);
    weights_.emplace_back(of_weights);
  }
}

void TracIn::add(std::span<const double> parameters, double rates) {
  network_.set_parameters(parameters);
  sum_own_gradients();
  if (!weight_) weight_ = sum_weights();
  const std::vector<double> others = gradient_of_others();
  for (std::size_t d = 0; d < own_.size(); ++d) {
    double product = 0;
    for (std::size_t j = 0; j < own_[d].size(); ++j)
      product = std::fma(own_[d][j], others[j], product);
    terms_[d].push_back(rates * product / *weight_);
  }
}

/// Over the steps of an epoch, whose sums are exact within the domain: in binary64, in their order.
void TracIn::sum_own_gradients() {
  const std::size_t parameters = network_.architecture().parameters();
  std::vector<double> values(parameters);
  std::int64_t saturated = 0;
  for (std::size_t d = 0; d < own_.size(); ++d)
    own_[d].assign(run_.boundary().leads(d) ? parameters : 0, 0.0);
  for (std::uint64_t step = 0; step < data_.lanes().steps_an_epoch(0); ++step) {
    data_.gather(step, batch_);
    network_.sum_gradient(step_, batch_, step_parts_);
    for (std::size_t d = 0; d < own_.size(); ++d) {
      Aggregate& part = step_parts_[d];
      if (!weight_) add_weight(d, part);
      run_.boundary().within_domain(d, part);
      saturated += part.saturated();
      if (!run_.boundary().leads(d)) continue;
      part.decode("gradient", values);
      for (std::size_t j = 0; j < parameters; ++j)
        own_[d][j] += values[j];
    }
  }
  const EgressPurpose purpose("agreement and errors");
  agree(run_.world(), [&] { check(saturated); });
}

/// Of this rank's rows of a step.
void TracIn::add_weight(std::size_t d, const Aggregate& part) {
  const std::span from = part.words("weight");
  const std::span to = weights_[d].words("weight");
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] += from[i];
  weights_[d].normalise();
  weights_[d].set_rows(weights_[d].rows() + data_.rows_gathered()[d]);
}

double TracIn::sum_weights() {
  run_.boundary().across_domains_again("weight of the rows that were trained on", weights_,
                                       Digest());
  return weights_.front().value("weight");
}

std::vector<double> TracIn::gradient_of_others() {
  for (std::size_t d = 0; d < totals_.size(); ++d) {
    std::ranges::fill(totals_[d].words(), 0);
    totals_[d].set_rows(data_.validation_rows()[d]);
  }
  const auto add_batch = [&] {
    batch_.finish();
    network_.sum_gradient(others_, batch_, batch_parts_);
    for (std::size_t d = 0; d < totals_.size(); ++d)
      totals_[d].add(batch_parts_[d]);
    batch_.start();
  };
  batch_.start();
  for (std::size_t d = 0; d < data_.validation().size(); ++d)
    for (const auto& [begin, end] : data_.validation_blocks(d)) {
      if (!batch_.has_room(end - begin)) add_batch();
      batch_.add(data_.validation()[d], begin, end - begin, d);
    }
  add_batch();
  run_.boundary().across_domains_again("gradient on other rows", totals_,
                                       sha256(std::as_bytes(network_.host_parameters())));
  const Aggregate& sum = totals_.front();
  check(sum.saturated());
  const double weight = sum.value("weight");
  if (!(weight > 0)) throw Error(ExitCode::data, "attribute.split: all its rows have weight 0");
  std::vector<double> gradient = sum.values("gradient");
  for (double& value : gradient)
    value /= weight;
  return gradient;
}

std::vector<double> TracIn::influence(std::size_t epochs) {
  std::vector<OwnStatistics> own;
  for (std::size_t d = 0; d < terms_.size(); ++d) {
    double sum = 0;
    for (std::size_t epoch = 0; epoch < epochs; ++epoch)
      sum += terms_[d][epoch];
    own.push_back({run_.local()[d].admission, sum});
  }
  std::vector<double> of_domains;
  for (const std::string& text : run_.boundary().release("TracIn", own))
    of_domains.push_back(parse_json(text, "TracIn", ExitCode::bug).get<double>());
  return of_domains;
}

}  // namespace bailiwick

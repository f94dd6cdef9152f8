// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/architecture.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

Schedule schedule_of(const DescentConfig& config, std::uint64_t steps_an_epoch) {
  const ScheduleConfig& from = config.schedule;
  Schedule schedule;
  schedule.kind = from.kind;
  schedule.steps = steps_an_epoch * static_cast<std::uint64_t>(config.epochs);
  schedule.warmup_steps = static_cast<std::uint64_t>(
      std::nearbyint(from.warmup_epochs * static_cast<double>(steps_an_epoch)));
  schedule.final_fraction = from.final_fraction;
  schedule.step_every = steps_an_epoch * static_cast<std::uint64_t>(from.step_epochs);
  schedule.step_factor = from.step_factor;
  return schedule;
}

}  // namespace

Architecture architecture_of(const MlpConfig& mlp, std::size_t columns,
                             const std::vector<EmbeddedCategory>& embeddings, std::size_t classes) {
  std::vector<HiddenLayer> hidden;
  for (const LayerConfig& layer : mlp.layers)
    hidden.push_back(
        {static_cast<std::size_t>(layer.units), layer.activation, layer.layer_norm, layer.dropout});
  std::vector<kernels::EmbeddingShape> tables;
  for (const EmbeddedCategory& category : embeddings) {
    tables.push_back({category.levels, category.dimension});
    columns -= category.levels - 1;  // its indicators
  }
  return {columns, std::move(hidden), std::max<std::size_t>(1, classes), tables};
}

Architecture architecture_of(const MlpConfig& mlp, const ModelColumns& columns) {
  return architecture_of(mlp, columns.names.size(), columns.embeddings, columns.categories.size());
}

kernels::NetworkRows network_rows(const kernels::RowBlocks& rows,
                                  std::span<const std::size_t> rows_of_block,
                                  const std::vector<EmbeddedCategory>& embeddings) {
  std::vector<std::size_t> factors;
  for (const EmbeddedCategory& category : embeddings)
    factors.push_back(category.factor);
  return kernels::network_rows(rows, rows_of_block, factors);
}

NetworkLoss loss_of(const MlpConfig& mlp) {
  return {mlp.loss, mlp.huber_delta};
}

DescentOptions descent_options(const TrainConfig& train, std::uint64_t steps_an_epoch) {
  const DescentConfig& config = train.descent;
  DescentOptions options;
  options.method = train.method == TrainMethod::sgd ? DescentOptions::Method::sgd
                                                    : DescentOptions::Method::adamw;
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

}  // namespace bailiwick

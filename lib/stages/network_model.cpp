// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/network_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

template <class Enum, std::size_t n>
Enum named(const std::pair<const char*, Enum> (&words)[n], const std::string& word) {
  const auto found = std::ranges::find(words, word, &std::pair<const char*, Enum>::first);
  ensure(found != std::end(words), "the config knows its words");
  return found->second;
}

constexpr std::pair<const char*, kernels::Activation> activations[] = {
    {"identity", kernels::Activation::identity}, {"relu", kernels::Activation::relu},
    {"gelu", kernels::Activation::gelu},         {"tanh", kernels::Activation::tanh},
    {"silu", kernels::Activation::silu},         {"sigmoid", kernels::Activation::sigmoid}};

constexpr std::pair<const char*, kernels::Loss> losses[] = {
    {"squared_error", kernels::Loss::squared_error},
    {"huber", kernels::Loss::huber},
    {"binary", kernels::Loss::binary},
    {"cross_entropy", kernels::Loss::cross_entropy},
    {"poisson", kernels::Loss::poisson},
    {"cox", kernels::Loss::cox}};

}  // namespace

Architecture architecture_of(const MlpConfig& mlp, std::size_t inputs, std::size_t outputs) {
  std::vector<HiddenLayer> hidden;
  for (const LayerConfig& layer : mlp.layers)
    hidden.push_back({static_cast<std::size_t>(layer.units), named(activations, layer.activation),
                      layer.layer_norm, layer.dropout});
  return {inputs, std::move(hidden), outputs};
}

NetworkLoss loss_of(const MlpConfig& mlp) {
  return {named(losses, mlp.loss), mlp.huber_delta};
}

SavedModel untrained_model(const Run& run, const ModelColumns& columns) {
  SavedModel model;
  model.config = named_model(run, columns);
  model.names = columns.names;
  model.categories = columns.categories;
  return model;
}

Predictor network_predictor(const SavedModel& model, const kernels::RowBlocks& rows) {
  const Architecture architecture = architecture_of(
      model.config.mlp, model.names.size(), std::max<std::size_t>(1, model.categories.size()));
  // Padding is scored too: it is little, and nobody looks at it.
  const std::vector<std::size_t> all(rows.blocks(), rows.block_rows());
  const kernels::NetworkRows inputs = kernels::network_rows(rows, all);
  const std::size_t outputs = architecture.outputs(), given = outputs > 1 ? outputs - 1 : 1;
  const std::size_t block_rows = rows.block_rows();
  const double mean = model.target_mean, deviation = model.target_deviation;
  Predictor eta("outputs", rows.blocks(), given, block_rows);
  Network network(architecture, block_rows);
  network.set_parameters(model.parameters);
  Batch batch(architecture.inputs(), inputs.y.extent(1), block_rows, 1);
  for (std::size_t b = 0; b < rows.blocks(); ++b) {
    batch.start(block_rows);
    batch.add(inputs, b * block_rows, block_rows, 0);
    const float* const z = network.outputs(batch.x(), block_rows);
    Kokkos::parallel_for(
        "outputs", Kokkos::RangePolicy<kernels::Execution>(0, block_rows),
        KOKKOS_LAMBDA(const std::size_t r) {
          for (std::size_t k = 0; k < given; ++k)
            eta(b, k, r) = outputs > 1 ? double{z[r * outputs + k + 1]} - z[r * outputs]
                                       : ::fma(deviation, double{z[r]}, mean);
        });
  }
  Kokkos::fence();
  return eta;
}

}  // namespace bailiwick

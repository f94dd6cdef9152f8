// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/layers.hpp"
#include "lib/kinds/network/predictor.hpp"
#include "lib/onnx/model.hpp"

namespace bailiwick {

namespace {

using Value = OnnxGraph::Value;
using kernels::Activation;

class Layers {
 public:
  Layers(OnnxGraph& graph, const SavedModel& model) : graph_(graph), model_(model) {}

  Value table(const Architecture::Embedding& embedding) {
    return floats(embedding.table, {embedding.levels, embedding.dimension});
  }

  Value forward(Value x, const Architecture::Layer& layer) {
    x = graph_.add("Gemm", {x, floats(layer.weights, {layer.inputs, layer.units}),
                            floats(layer.bias, {layer.units})});
    if (layer.layer_norm)
      x = graph_.add(
          "LayerNormalization",
          {x, floats(layer.gain, {layer.units}), floats(layer.shift, {layer.units})},
          {{"axis", std::int64_t{-1}}, {"epsilon", static_cast<float>(kernels::variance_floor)}});
    return activated(x, layer.activation);
  }

 private:
  Value activated(const Value& x, Activation activation) {
    switch (activation) {
      case Activation::identity:
        break;
      case Activation::relu:
        return graph_.add("Relu", {x});
      case Activation::gelu:
        return graph_.add("Gelu", {x}, {{"approximate", std::string("none")}});
      case Activation::tanh:
        return graph_.add("Tanh", {x});
      case Activation::silu:
        return graph_.add("Mul", {x, graph_.add("Sigmoid", {x})});
      case Activation::sigmoid:
        return graph_.add("Sigmoid", {x});
    }
    return x;
  }

  Value floats(std::size_t first, const std::vector<std::size_t>& lengths) {
    std::size_t size = 1;
    for (const std::size_t length : lengths)
      size *= length;
    const std::vector<float> values(
        model_.parameters.begin() + static_cast<std::ptrdiff_t>(first),
        model_.parameters.begin() + static_cast<std::ptrdiff_t>(first + size));
    return graph_.floats(values, {lengths.begin(), lengths.end()});
  }

  OnnxGraph& graph_;
  const SavedModel& model_;
};

}  // namespace

OnnxNetwork add_network(OnnxGraph& graph, OnnxColumns& columns, const ScoringModel& scored) {
  const SavedModel& model = scored.model;
  const Architecture architecture = architecture_of(model);
  Layers layers(graph, model);
  const auto embedded = [&](std::size_t j) {  // which of them, or one past the last
    const ModelFeature& feature = scored.columns.features[j];
    const std::string& name = scored.schema.features[feature.column].name;
    if (!feature.level || feature.derived) return model.embeddings.size();
    return static_cast<std::size_t>(
        std::ranges::find(model.embeddings, name, &EmbeddedCategory::name) -
        model.embeddings.begin());
  };
  std::vector<std::size_t> numbers;
  std::vector<std::vector<std::size_t>> levels(model.embeddings.size());
  std::vector<std::size_t> category(model.embeddings.size());
  for (std::size_t j = 0; j < scored.columns.features.size(); ++j) {
    const std::size_t e = embedded(j);
    if (e == model.embeddings.size()) {
      numbers.push_back(j);
      continue;
    }
    levels[e].push_back(*scored.columns.features[j].level);
    category[e] = scored.columns.features[j].column;
  }
  std::vector<Value> pieces;
  std::optional<Value> poisoned;  // activations hide a NaN: max(NaN, 0) may be 0
  const auto poison = [&](const Value& value) {
    poisoned = poisoned ? graph.add("Add", {*poisoned, value}) : value;
  };
  if (!numbers.empty()) {
    const Value x = columns.standardised(numbers);
    const std::int64_t second = 1;
    const Value sum = graph.add("ReduceSum", {x, graph.integers({&second, 1}, {1})},
                                {{"keepdims", std::int64_t{1}}});
    poison(graph.add("Where", {graph.add("IsNaN", {sum}), sum, graph.number(0)}));
    pieces.push_back(graph.cast(x, OnnxType::float32));
  }
  for (std::size_t e = 0; e < model.embeddings.size(); ++e) {
    const Value place = columns.place_among(category[e], levels[e]);
    poison(columns.unknown(place));
    const std::int64_t none = 0, second = 1;
    const Value row = graph.add("Max", {place, graph.integers({&none, 1}, {})});
    const Value flat = graph.add("Squeeze", {row, graph.integers({&second, 1}, {1})});
    pieces.push_back(graph.add("Gather", {layers.table(architecture.embeddings()[e]), flat},
                               {{"axis", std::int64_t{0}}}));
  }
  Value x =
      pieces.size() == 1 ? pieces[0] : graph.add("Concat", pieces, {{"axis", std::int64_t{1}}});
  for (const Architecture::Layer& layer : architecture.layers())
    x = layers.forward(x, layer);
  return {x, poisoned.value()};
}

}  // namespace bailiwick

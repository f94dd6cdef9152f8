// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/safetensors.hpp"

#include <bit>
#include <span>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/network/predictor.hpp"

namespace bailiwick {

namespace {

class Tensors {
 public:
  void doubles(const std::string& name, std::span<const double> values,
               const std::vector<std::size_t>& shape) {
    add(name, "F64", shape, values);
  }
  void floats(const std::string& name, std::span<const double> values,
              const std::vector<std::size_t>& shape) {
    const std::vector<float> narrow(values.begin(), values.end());
    add(name, "F32", shape, std::span<const float>(narrow));
  }

  /// Eight bytes of length, a JSON header padded with blanks to eight bytes, the data.
  std::string file(const std::map<std::string, std::string>& metadata) {
    header_["__metadata__"] = metadata;
    std::string text = header_.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    std::string file;
    for (int i = 0; i < 8; ++i)
      file += static_cast<char>(text.size() >> (8 * i) & 0xff);
    return file + text + data_;
  }

 private:
  template <class T>
  void add(const std::string& name, const char* type, const std::vector<std::size_t>& shape,
           std::span<const T> values) {
    static_assert(std::endian::native == std::endian::little);
    const std::size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    header_[name] = {{"dtype", type}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
  }

  Json header_ = Json::object();
  std::string data_;
};

void add_layers(const SavedModel& model, Tensors& tensors) {
  const Architecture architecture = architecture_of(model);
  const std::span<const double> all(model.parameters);
  for (std::size_t e = 0; e < model.embeddings.size(); ++e) {
    const Architecture::Embedding& table = architecture.embeddings()[e];
    tensors.floats("embeddings." + model.embeddings[e].name + ".weight",
                   all.subspan(table.table, table.levels * table.dimension),
                   {table.levels, table.dimension});
  }
  for (std::size_t l = 0; l < architecture.layers().size(); ++l) {
    const Architecture::Layer& layer = architecture.layers()[l];
    const std::string name = "layers." + std::to_string(l);
    std::vector<double> transposed(layer.inputs * layer.units);
    for (std::size_t i = 0; i < layer.inputs; ++i)
      for (std::size_t j = 0; j < layer.units; ++j)
        transposed[j * layer.inputs + i] = all[layer.weights + i * layer.units + j];
    tensors.floats(name + ".weight", transposed, {layer.units, layer.inputs});
    tensors.floats(name + ".bias", all.subspan(layer.bias, layer.units), {layer.units});
    if (!layer.layer_norm) continue;
    tensors.floats(name + ".norm.weight", all.subspan(layer.gain, layer.units), {layer.units});
    tensors.floats(name + ".norm.bias", all.subspan(layer.shift, layer.units), {layer.units});
  }
  const double target[] = {model.target_mean, model.target_deviation};
  tensors.doubles("target", target, {2});
}

}  // namespace

std::string safetensors_file(const ScoringModel& scored) {
  const SavedModel& model = scored.model;
  Tensors tensors;
  if (model.config.kind->network)
    add_layers(model, tensors);
  else
    tensors.doubles("parameters", model.parameters, {model.parameters.size()});
  tensors.doubles("columns.mean", model.mean, {model.mean.size()});
  tensors.doubles("columns.scale", model.scale, {model.scale.size()});
  std::map<std::string, std::string> metadata = scored.metadata;
  metadata["bailiwick.columns"] = Json(model.names).dump();
  if (!model.categories.empty()) metadata["bailiwick.categories"] = Json(model.categories).dump();
  return tensors.file(metadata);
}

}  // namespace bailiwick

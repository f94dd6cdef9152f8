// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/kind.hpp"

#include "lib/core/json.hpp"
#include "lib/domain/members.hpp"
#include "lib/kinds/cox/kind.hpp"
#include "lib/kinds/glm/kind.hpp"
#include "lib/kinds/members.hpp"
#include "lib/kinds/network/predictor.hpp"

namespace bailiwick {

namespace {

/// The kind of one linear predictor whose likelihood the loss is, and so its response and rule.
const Kind& kind_of_loss(const ModelConfig& model) {
  const auto glm = [](kernels::Family family) -> const Kind& {
    static const std::vector<const Kind*> kinds = glm_kinds();
    return *kinds[family.index];
  };
  switch (model.mlp.loss) {
    case kernels::Loss::squared_error:
    case kernels::Loss::huber:
      return glm(kernels::family<kernels::Gaussian>);
    case kernels::Loss::binary:
      return glm(kernels::family<kernels::Binomial>);
    case kernels::Loss::poisson:
      return glm(kernels::family<kernels::Poisson>);
    case kernels::Loss::cross_entropy:
      return multinomial_kind();
    case kernels::Loss::cox:
      break;
  }
  return cox_kind();
}

Json to_json(const MlpConfig& mlp, const std::vector<EmbeddedCategory>& embeddings) {
  Json layers = Json::array();
  for (const LayerConfig& layer : mlp.layers)
    layers.push_back({{"units", layer.units},
                      {"activation", to_word(layer.activation)},
                      {"layer_norm", layer.layer_norm},
                      {"dropout", layer.dropout}});
  Json json = {{"layers", layers},
               {"loss", to_word(mlp.loss)},
               {"huber_delta", mlp.huber_delta},
               {"standardise_target", mlp.standardise_target}};
  for (const EmbeddedCategory& category : embeddings)
    json["embeddings"].push_back({{"category", category.name},
                                  {"factor", category.factor},
                                  {"levels", category.levels},
                                  {"dimension", category.dimension}});
  return json;
}

LayerConfig layer_from_json(const Json& json, const std::string& what) {
  constexpr std::uint64_t most_units = 1 << 20;  // as in a config: products do not overflow
  const std::uint64_t units = count_member(json, "units", 1, what);
  require(units <= most_units, what, "units", units, "at most 1048576");
  LayerConfig layer{
      static_cast<int>(units), word_member<kernels::Activation>(json, "activation", what),
      json_member<bool>(json, "layer_norm", what), json_member<double>(json, "dropout", what)};
  require(layer.dropout >= 0 && layer.dropout < 1, what, "dropout", layer.dropout,
          "at least 0 and below 1");
  return layer;
}

MlpConfig mlp_from_json(const Json& json, const std::string& what) {
  MlpConfig mlp;
  mlp.loss = word_member<kernels::Loss>(json, "loss", what);
  mlp.huber_delta = json_member<double>(json, "huber_delta", what);
  mlp.standardise_target = json_member<bool>(json, "standardise_target", what);
  require(mlp.huber_delta > 0, what, "huber_delta", mlp.huber_delta, "positive");
  for (const Json& layer : json_member<Json::array_t>(json, "layers", what))
    mlp.layers.push_back(
        layer_from_json(layer, fmt::format("{}: layers[{}]", what, mlp.layers.size())));
  return mlp;
}

/// Of a network of so many columns. Throws ExitCode::data if these are too few.
std::vector<EmbeddedCategory> embeddings_from_json(const Json& mlp, std::size_t columns,
                                                   const std::string& what) {
  std::vector<EmbeddedCategory> embeddings;
  if (!mlp.contains("embeddings")) return embeddings;  // models without have no such member
  constexpr std::uint64_t most_numbers = 1 << 16;      // as in a config
  for (const Json& category : json_member<Json::array_t>(mlp, "embeddings", what)) {
    const std::string here = fmt::format("{}: embeddings[{}]", what, embeddings.size());
    embeddings.push_back({json_member<std::string>(category, "category", here),
                          count_member(category, "factor", 0, here),
                          count_member(category, "levels", 2, here),
                          count_member(category, "dimension", 1, here)});
    const EmbeddedCategory& made = embeddings.back();
    check_line(made.name, here);
    require(made.dimension <= most_numbers, here, "dimension", made.dimension, "at most 65536");
    require(made.levels - 1 <= columns, here, "levels", made.levels, "of the model's columns");
    columns -= made.levels - 1;
  }
  return embeddings;
}

class NetworkKind : public Kind {
 public:
  using Kind::Kind;

  std::size_t parameters(const SavedModel& model) const override {
    return architecture_of(model).parameters();
  }
  Predictor predictor(const SavedModel& model, const kernels::RowBlocks& rows) const override {
    return network_predictor(model, rows);
  }
  const kernels::FamilyMembers* family(const ModelConfig& model) const override {
    return kind_of_loss(model).family(model);
  }
  double public_centre(const SavedModel& model) const override { return model.target_mean; }

  void write(const SavedModel& model, Json& description,
             io::Checkpoint& checkpoint) const override {
    description["mlp"] = to_json(model.config.mlp, model.embeddings);
    checkpoint.arrays["standardisation/target"] = {model.target_mean, model.target_deviation};
  }

  void read(const Json& description, const io::Checkpoint& checkpoint, const std::string& path,
            SavedModel& model) const override {
    const std::string what = path + ": model: mlp";
    const Json mlp = json_member<Json>(description, "mlp", path + ": model");
    model.config.mlp = mlp_from_json(mlp, what);
    model.embeddings = embeddings_from_json(mlp, model.names.size(), what);
    for (const EmbeddedCategory& category : model.embeddings)
      model.config.mlp.embeddings[category.name] = static_cast<int>(category.dimension);
    const auto target = checkpoint.arrays.find("standardisation/target");
    if (target == checkpoint.arrays.end())
      throw Error(ExitCode::data, "{}: not a model: array \"standardisation/target\" is missing",
                  path);
    check_size(path, "standardisation/target", target->second.size(), 2);
    model.target_mean = target->second[0];
    model.target_deviation = target->second[1];
  }
};

}  // namespace

const Kind& network_kind() {
  static constexpr KindTraits traits{
      .name = "mlp",
      .response =
          [](const ModelConfig& model) { return kind_of_loss(model).traits().response(model); },
      .problem =
          [](const ModelConfig& model, const double* targets, std::size_t classes) {
            return kind_of_loss(model).traits().problem(model, targets, classes);
          },
      .intercept = false,  // layers have their own
      .network = true,
      .noise = true,
      .section = "mlp"};
  static const NetworkKind kind(traits);
  return kind;
}

}  // namespace bailiwick

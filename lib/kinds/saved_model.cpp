// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/saved_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/members.hpp"
#include "lib/kinds/network/architecture.hpp"

namespace bailiwick {

namespace {

template <class Enum>
struct Word {
  Enum value;
  const char* text;
};

constexpr Word<ModelKind> kinds[] = {
    {ModelKind::linear, "linear"},   {ModelKind::logistic, "logistic"},
    {ModelKind::poisson, "poisson"}, {ModelKind::multinomial, "multinomial"},
    {ModelKind::cox, "cox"},         {ModelKind::mlp, "mlp"}};
constexpr Word<Standardisation> standardisations[] = {{Standardisation::none, "none"},
                                                      {Standardisation::pooled, "pooled"},
                                                      {Standardisation::per_domain, "per_domain"}};
constexpr Word<Strata> strata_words[] = {
    {Strata::domain, "domain"}, {Strata::partition, "partition"}, {Strata::none, "none"}};

template <class Enum, std::size_t n>
std::string text_of(const Word<Enum> (&words)[n], Enum value) {
  for (const auto& word : words)
    if (word.value == value) return word.text;
  throw Error(ExitCode::bug, "internal error: an enumerator without a name; please report this");
}

template <class Enum, std::size_t n>
Enum value_of(const Word<Enum> (&words)[n], const std::string& text, const std::string& path) {
  for (const auto& word : words)
    if (text == word.text) return word.value;
  throw Error(ExitCode::data, "{}: model: unknown word \"{}\"; written by a newer Bailiwick?", path,
              text);
}

Json to_json(const MlpConfig& mlp, const std::vector<EmbeddedCategory>& embeddings) {
  Json layers = Json::array();
  for (const LayerConfig& layer : mlp.layers)
    layers.push_back({{"units", layer.units},
                      {"activation", layer.activation},
                      {"layer_norm", layer.layer_norm},
                      {"dropout", layer.dropout}});
  Json json = {{"layers", layers},
               {"loss", mlp.loss},
               {"huber_delta", mlp.huber_delta},
               {"standardise_target", mlp.standardise_target}};
  for (const EmbeddedCategory& category : embeddings)
    json["embeddings"].push_back({{"category", category.name},
                                  {"factor", category.factor},
                                  {"levels", category.levels},
                                  {"dimension", category.dimension}});
  return json;
}

/// A member of a model's description, or what it must be.
template <class T>
void require(bool holds, const std::string& what, const char* key, const T& found,
             const char* rule) {
  if (!holds)
    throw Error(ExitCode::data, "{}: \"{}\" must be {}, found {}", what, key, rule,
                Json(found).dump().substr(0, 80));
}

LayerConfig layer_from_json(const Json& json, const std::string& what) {
  constexpr std::uint64_t most_units = 1 << 20;  // as in a config: products do not overflow
  const std::uint64_t units = count_member(json, "units", 1, what);
  require(units <= most_units, what, "units", units, "at most 1048576");
  LayerConfig layer{static_cast<int>(units), json_member<std::string>(json, "activation", what),
                    json_member<bool>(json, "layer_norm", what),
                    json_member<double>(json, "dropout", what)};
  require(is_activation(layer.activation), what, "activation", layer.activation,
          "a known activation");
  require(layer.dropout >= 0 && layer.dropout < 1, what, "dropout", layer.dropout,
          "at least 0 and below 1");
  return layer;
}

MlpConfig mlp_from_json(const Json& json, const std::string& what) {
  MlpConfig mlp;
  mlp.loss = json_member<std::string>(json, "loss", what);
  mlp.huber_delta = json_member<double>(json, "huber_delta", what);
  mlp.standardise_target = json_member<bool>(json, "standardise_target", what);
  require(is_loss(mlp.loss), what, "loss", mlp.loss, "a known loss");
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

/// How many parameters a model of that description has.
std::size_t parameters_of(const SavedModel& model) {
  if (model.config.kind == ModelKind::mlp)
    return architecture_of(model.config.mlp, model.names.size(), model.embeddings,
                           model.categories.size())
        .parameters();
  return model.names.size() *
         (model.config.kind == ModelKind::multinomial ? model.categories.size() - 1 : 1);
}

/// What a config of the same words would be held to.
void check_words(const SavedModel& model, const std::string& what) {
  const ModelConfig& config = model.config;
  for (const auto& list : {model.names, config.features, model.categories,
                           std::vector{config.target, config.time, config.status}})
    for (const std::string& name : list)
      check_line(name, what);
  require(config.ties == "efron" || config.ties == "breslow", what, "ties", config.ties,
          "efron or breslow");
  require(config.l2 >= 0, what, "l2", config.l2, "at least 0");
  require(!model.names.empty(), what, "columns", model.names.size(), "at least one");
  const bool classes = response_of(config) == ModelKind::multinomial;
  require(classes ? model.categories.size() > 1 : model.categories.empty(), what, "categories",
          model.categories.size(), classes ? "two or more" : "none for this kind of model");
}

void check_size(const std::string& path, const char* name, std::size_t found,
                std::size_t expected) {
  if (found != expected)
    throw Error(ExitCode::data, "{}: not a model: array \"{}\" has {} numbers, not {}", path, name,
                found, expected);
}

/// Numbers that a prediction is made of, or that inspect shows one by one.
void check_arrays(const SavedModel& model, const std::string& path) {
  const std::size_t columns = model.names.size(), parameters = parameters_of(model);
  const auto check_finite = [&](const char* name, const std::vector<double>& values) {
    if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); }))
      throw Error(ExitCode::data, "{}: array \"{}\" holds what is not a finite number", path, name);
  };
  check_size(path, "parameters", model.parameters.size(), parameters);
  check_size(path, "standardisation/mean", model.mean.size(), columns);
  check_size(path, "standardisation/scale", model.scale.size(), columns);
  for (const auto& [name, values] : {std::pair{"coefficients", &model.coefficients},
                                     {"standard_errors", &model.standard_errors}})
    if (!values->empty()) check_size(path, name, values->size(), parameters);
  check_finite("parameters", model.parameters);
  check_finite("standardisation/mean", model.mean);
  check_finite("standardisation/scale", model.scale);
  check_finite("standardisation/target", {model.target_mean, model.target_deviation});
  if (!std::ranges::all_of(model.scale, [](double value) { return value >= 0; }) ||
      !(model.target_deviation > 0))
    throw Error(ExitCode::data, "{}: standardisation: a scale or deviation is not positive", path);
}

}  // namespace

SavedModel untrained_model(const Run& run, const ModelColumns& columns) {
  SavedModel model;
  model.config = run.config().model;
  model.config.features.assign(columns.names.begin() + (columns.intercept ? 1 : 0),
                               columns.names.end());
  if (response_of(model.config) != ModelKind::cox)
    model.config.target = run.schema().targets[columns.targets[0]].name;
  model.names = columns.names;
  model.categories = columns.categories;
  model.embeddings = columns.embeddings;
  model.delete_by = run.delete_by();
  return model;
}

io::Checkpoint to_checkpoint(const SavedModel& model) {
  io::Checkpoint checkpoint;
  Json columns = Json::array();
  for (const std::string& name : model.names)
    columns.push_back(name);
  Json description = {{"kind", text_of(kinds, model.config.kind)},
                      {"columns", columns},
                      {"features", model.config.features},
                      {"target", model.config.target},
                      {"time", model.config.time},
                      {"status", model.config.status},
                      {"categories", model.categories},
                      {"intercept", model.config.intercept},
                      {"weights", model.config.weights},
                      {"l2", model.config.l2},
                      {"standardise", text_of(standardisations, model.config.standardise)},
                      {"strata", text_of(strata_words, model.config.strata)},
                      {"ties", model.config.ties}};
  if (model.config.kind == ModelKind::mlp)
    description["mlp"] = to_json(model.config.mlp, model.embeddings);
  checkpoint.attributes["model"] = description.dump();
  checkpoint.attributes["iteration"] = std::to_string(model.iteration);
  checkpoint.attributes["converged"] = model.converged ? "true" : "false";
  if (!model.delete_by.empty()) checkpoint.attributes["delete_by"] = model.delete_by;
  checkpoint.arrays["parameters"] = model.parameters;
  checkpoint.arrays["standardisation/mean"] = model.mean;
  checkpoint.arrays["standardisation/scale"] = model.scale;
  if (model.config.kind == ModelKind::mlp)
    checkpoint.arrays["standardisation/target"] = {model.target_mean, model.target_deviation};
  if (!model.information.empty()) checkpoint.arrays["information"] = model.information;
  if (!model.coefficients.empty()) {
    checkpoint.arrays["coefficients"] = model.coefficients;
    checkpoint.arrays["standard_errors"] = model.standard_errors;
  }
  checkpoint.arrays["fit"] = {model.log_likelihood, model.null_log_likelihood, model.rows};
  return checkpoint;
}

SavedModel model_from_checkpoint(const io::Checkpoint& checkpoint, const std::string& path) {
  const auto attribute = [&](const std::string& name) {
    const auto found = checkpoint.attributes.find(name);
    if (found == checkpoint.attributes.end())
      throw Error(ExitCode::data, "{}: not a model: attribute \"{}\" is missing", path, name);
    return found->second;
  };
  const auto array = [&](const std::string& name, bool required) {
    const auto found = checkpoint.arrays.find(name);
    if (found != checkpoint.arrays.end()) return found->second;
    if (required)
      throw Error(ExitCode::data, "{}: not a model: array \"{}\" is missing", path, name);
    return std::vector<double>();
  };
  const Json description = parse_document(attribute("model"), path + ": model");
  const auto member = [&]<class T>(const char* key, T& value) {
    value = json_member<T>(description, key, path + ": model");
  };

  SavedModel model;
  std::string word;
  member("kind", word);
  model.config.kind = value_of(kinds, word, path);
  member("standardise", word);
  model.config.standardise = value_of(standardisations, word, path);
  member("strata", word);
  model.config.strata = value_of(strata_words, word, path);
  member("columns", model.names);
  member("features", model.config.features);
  member("target", model.config.target);
  member("time", model.config.time);
  member("status", model.config.status);
  member("categories", model.categories);
  member("intercept", model.config.intercept);
  member("weights", model.config.weights);
  member("l2", model.config.l2);
  member("ties", model.config.ties);
  if (model.config.kind == ModelKind::mlp) {
    const std::string what = path + ": model: mlp";
    const Json mlp = json_member<Json>(description, "mlp", path + ": model");
    model.config.mlp = mlp_from_json(mlp, what);
    model.embeddings = embeddings_from_json(mlp, model.names.size(), what);
    for (const EmbeddedCategory& category : model.embeddings)
      model.config.mlp.embeddings[category.name] = static_cast<int>(category.dimension);
  }
  check_words(model, path + ": model");
  model.iteration = static_cast<int>(parse_count(attribute("iteration"), path + ": iteration"));
  model.converged = attribute("converged") == "true";
  if (const auto found = checkpoint.attributes.find("delete_by");
      found != checkpoint.attributes.end())
    model.delete_by = found->second;
  model.parameters = array("parameters", true);
  model.mean = array("standardisation/mean", true);
  model.scale = array("standardisation/scale", true);
  model.information = array("information", false);
  const std::vector<double> target =
      array("standardisation/target", model.config.kind == ModelKind::mlp);
  if (!target.empty() || model.config.kind == ModelKind::mlp) {
    check_size(path, "standardisation/target", target.size(), 2);
    model.target_mean = target[0];
    model.target_deviation = target[1];
  }
  model.coefficients = array("coefficients", false);
  model.standard_errors = array("standard_errors", false);
  const std::vector<double> fit = array("fit", true);
  check_size(path, "fit", fit.size(), 3);
  check_arrays(model, path);
  model.log_likelihood = fit[0];
  model.null_log_likelihood = fit[1];
  model.rows = fit[2];
  return model;
}

}  // namespace bailiwick

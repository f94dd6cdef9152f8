// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/model_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/members.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/members.hpp"

namespace bailiwick {

namespace {

const KindTraits* kind_from_json(const Json& description, const std::string& what) {
  const auto word = json_member<std::string>(description, "kind", what);
  const Kind* kind = find_kind(word);
  if (kind == nullptr) refuse_word("kind", word, what);
  return &kind->traits();
}

/// What a config of the same words would be held to.
void check_words(const SavedModel& model, const std::string& what) {
  const ModelConfig& config = model.config;
  for (const auto& list : {model.names, config.features, model.categories,
                           std::vector{config.target, config.time, config.status, config.trials,
                                       config.entry, config.offset, config.exposure}})
    for (const std::string& name : list)
      check_line(name, what);
  require(config.l2 >= 0, what, "l2", config.l2, "at least 0");
  require(!model.names.empty(), what, "columns", model.names.size(), "at least one");
  const bool classes = config.kind->response(config) == kernels::Response::classes;
  require(classes ? model.categories.size() > 1 : model.categories.empty(), what, "categories",
          model.categories.size(), classes ? "two or more" : "none for this kind of model");
}

/// Numbers that a prediction is made of, or that inspect shows one by one.
void check_arrays(const SavedModel& model, const std::string& path) {
  const std::size_t columns = model.names.size(),
                    parameters = kind_of(model.config).parameters(model);
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

Json missing_to_json(const std::vector<MissingFeature>& features) {
  Json list = Json::array();
  for (const MissingFeature& missing : features) {
    Json& json = list.emplace_back(Json{{"name", missing.name}, {"rule", to_word(missing.rule)}});
    if (missing.number) json["value"] = *missing.number;
    if (!missing.level.empty()) json["value"] = missing.level;
  }
  return list;
}

/// Throws ExitCode::data for what training could not have found.
std::vector<MissingFeature> missing_from_json(const Json& list, const std::string& what) {
  if (!list.is_array()) throw Error(ExitCode::data, "{}: is no list", what);
  std::vector<MissingFeature> features;
  for (const Json& json : list) {
    MissingFeature& missing = features.emplace_back();
    missing.name = json_member<std::string>(json, "name", what);
    missing.rule = word_member<MissingRule>(json, "rule", what);
    if (missing.rule == MissingRule::mode)
      missing.level = json_member<std::string>(json, "value", what);
    else if (missing.rule != MissingRule::drop)
      missing.number = json_member<double>(json, "value", what);
    require(std::isfinite(missing.number.value_or(0)), what, "value", missing.number.value_or(0),
            "a finite number");
    for (const std::string* text : {&missing.name, &missing.level})
      check_line(*text, what);
  }
  return features;
}

/// Members of a description that only models with such a column have.
template <class Config>
auto optional_columns(Config& config) {
  return std::array{std::pair{"trials", &config.trials}, std::pair{"entry", &config.entry},
                    std::pair{"offset", &config.offset}, std::pair{"exposure", &config.exposure}};
}

}  // namespace

std::string model_at(const std::string& path) {
  return std::filesystem::is_directory(path) ? path + "/model.h5" : path;
}

io::Checkpoint to_checkpoint(const SavedModel& model) {
  io::Checkpoint checkpoint;
  Json columns = Json::array();
  for (const std::string& name : model.names)
    columns.push_back(name);
  Json description = {{"kind", model.config.kind->name},
                      {"columns", columns},
                      {"features", model.config.features},
                      {"target", model.config.target},
                      {"time", model.config.time},
                      {"status", model.config.status},
                      {"categories", model.categories},
                      {"intercept", model.config.intercept},
                      {"weights", model.config.weights},
                      {"l2", model.config.l2},
                      {"standardise", to_word(model.config.standardise)},
                      {"strata", to_word(model.config.strata)},
                      {"ties", to_word(model.config.ties)}};
  for (const auto& [key, column] : optional_columns(model.config))
    if (!column->empty()) description[key] = *column;
  if (!model.derived.empty()) description["derived"] = model.derived;
  if (!model.config.missing.empty()) description["missing"] = model.config.missing;
  if (!model.missing.empty()) description["imputed"] = missing_to_json(model.missing);
  if (model.config.weight_type != WeightType::precision)
    description["weight_type"] = to_word(model.config.weight_type);
  if (!model.config.class_weights.empty())
    description["class_weights"] = model.config.class_weights;
  if (model.config.balance_classes) description["balance_classes"] = true;
  if (model.config.errors != Errors::automatic)
    description["errors"] = to_word(model.config.errors);
  if (model.config.cluster != Cluster::none) description["cluster"] = to_word(model.config.cluster);
  kind_of(model.config).write(model, description, checkpoint);
  checkpoint.attributes["model"] = description.dump();
  checkpoint.attributes["iteration"] = std::to_string(model.iteration);
  checkpoint.attributes["converged"] = model.converged ? "true" : "false";
  if (!model.delete_by.empty()) checkpoint.attributes["delete_by"] = model.delete_by;
  checkpoint.arrays["parameters"] = model.parameters;
  checkpoint.arrays["standardisation/mean"] = model.mean;
  checkpoint.arrays["standardisation/scale"] = model.scale;
  if (!model.information.empty()) checkpoint.arrays["information"] = model.information;
  if (!model.covariance.empty()) checkpoint.arrays["covariance"] = model.covariance;
  if (!model.coefficients.empty()) {
    checkpoint.arrays["coefficients"] = model.coefficients;
    if (!model.standard_errors.empty())
      checkpoint.arrays["standard_errors"] = model.standard_errors;
  }
  checkpoint.arrays["fit"] = {model.log_likelihood, model.null_log_likelihood, model.rows};
  return checkpoint;
}

Json model_asked(const ModelConfig& config) {
  SavedModel untrained;
  untrained.config = config;
  Json asked = parse_json(to_checkpoint(untrained).attributes.at("model"), "a model of the config",
                          ExitCode::bug);
  for (const char* of_partitions : {"columns", "categories"})
    asked.erase(of_partitions);
  if (config.features.empty()) asked.erase("features");
  if (config.target.empty()) asked.erase("target");
  if (asked.contains("mlp")) asked["mlp"]["embeddings"] = config.mlp.embeddings;
  return asked;
}

SavedModel model_from_checkpoint(const io::Checkpoint& checkpoint, const std::string& path) {
  const auto attribute = [&](const std::string& name) {
    const auto found = checkpoint.attributes.find(name);
    if (found == checkpoint.attributes.end())
      throw Error(ExitCode::data, "{}: not a model: attribute \"{}\" is missing", path, name);
    return found->second;
  };
  const auto array = [&](const std::string& name, bool needed) {
    const auto found = checkpoint.arrays.find(name);
    if (found != checkpoint.arrays.end()) return found->second;
    if (needed) throw Error(ExitCode::data, "{}: not a model: array \"{}\" is missing", path, name);
    return std::vector<double>();
  };
  const Json description = parse_document(attribute("model"), path + ": model");
  const auto member = [&]<class T>(const char* key, T& value) {
    value = json_member<T>(description, key, path + ": model");
  };

  SavedModel model;
  const std::string what = path + ": model";
  model.config.kind = kind_from_json(description, what);
  model.config.standardise = word_member<Standardisation>(description, "standardise", what);
  model.config.strata = word_member<Strata>(description, "strata", what);
  model.config.ties = word_member<Ties>(description, "ties", what);
  member("columns", model.names);
  member("features", model.config.features);
  member("target", model.config.target);
  member("time", model.config.time);
  member("status", model.config.status);
  member("categories", model.categories);
  member("intercept", model.config.intercept);
  member("weights", model.config.weights);
  member("l2", model.config.l2);
  if (description.contains("derived")) member("derived", model.derived);
  if (description.contains("missing")) member("missing", model.config.missing);
  if (description.contains("imputed"))
    model.missing = missing_from_json(description.at("imputed"), what + ": imputed");
  if (description.contains("weight_type"))
    model.config.weight_type = word_member<WeightType>(description, "weight_type", what);
  if (description.contains("class_weights")) member("class_weights", model.config.class_weights);
  if (description.contains("balance_classes"))
    member("balance_classes", model.config.balance_classes);
  if (description.contains("errors"))
    model.config.errors = word_member<Errors>(description, "errors", what);
  if (description.contains("cluster"))
    model.config.cluster = word_member<Cluster>(description, "cluster", what);
  for (const auto& [key, column] : optional_columns(model.config))
    if (description.contains(key)) member(key, *column);
  kind_of(model.config).read(description, checkpoint, path, model);
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
  model.covariance = array("covariance", false);
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

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/columns.hpp"

#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

std::size_t index_of(const std::vector<Column>& columns, const std::string& name, const char* what,
                     const std::string& key) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    names.push_back(columns[i].name);
  }
  throw Error(ExitCode::config, "{}: the partitions have no {} \"{}\"; they have: {}{}", key, what,
              name, join(names), did_you_mean(name, names));
}

/// Indicators of one input column are levels of one category. Cox models of a linear predictor,
/// which sort rows by time, read them as numbers.
std::vector<std::string> find_factors(const ModelConfig& model, const Schema& schema,
                                      ModelColumns& columns) {
  std::vector<std::string> sources;
  for (const std::size_t j : columns.features) {
    const std::string& source = schema.features[j].source;
    std::optional<std::size_t>& factor = columns.factor.emplace_back();
    if (source.empty() || !model.kind->reads_codes) continue;
    const auto found = std::find(sources.begin(), sources.end(), source);
    factor = static_cast<std::size_t>(found - sources.begin());
    if (found == sources.end()) sources.push_back(source);
  }
  columns.factors = sources.size();
  return sources;
}

/// `sources`: the categories among the model's columns.
void find_embeddings(const ModelConfig& model, const Schema& schema,
                     const std::vector<std::string>& sources, ModelColumns& columns) {
  for (const auto& [name, dimension] : model.mlp.embeddings) {
    if (std::ranges::find(sources, name) != sources.end()) continue;
    const std::string key = "model.mlp.embeddings." + name;
    std::vector<std::string> categories;
    for (const Column& column : schema.features)
      if (!column.source.empty() &&
          std::ranges::find(categories, column.source) == categories.end())
        categories.push_back(column.source);
    if (std::ranges::find(categories, name) != categories.end())
      throw Error(ExitCode::config, "{}: none of its levels is in model.features", key);
    throw Error(ExitCode::config, "{}: the partitions have no category \"{}\"; they have: {}{}",
                key, name, categories.empty() ? "none" : join(categories),
                did_you_mean(name, categories));
  }
  for (std::size_t f = 0; f < sources.size(); ++f) {
    const auto found = model.mlp.embeddings.find(sources[f]);
    if (found == model.mlp.embeddings.end()) continue;
    const auto indicators =
        static_cast<std::size_t>(std::ranges::count(columns.factor, std::optional(f)));
    columns.embeddings.push_back(
        {sources[f], f, 1 + indicators, static_cast<std::size_t>(found->second)});
  }
}

}  // namespace

bool has_times(const ModelConfig& model) {
  return model.kind->response(model) == kernels::Response::hazard;
}

ModelColumns select_columns(const ModelConfig& model, const Schema& schema, bool with_targets) {
  ModelColumns columns;
  columns.intercept = model.kind->intercept && model.intercept;
  columns.weights = model.weights;
  if (model.weights && !schema.has_weights)
    throw Error(ExitCode::config, "model.weights: the partitions have no row weights");
  if (columns.intercept) columns.names.push_back("(intercept)");
  if (model.features.empty()) {
    for (std::size_t j = 0; j < schema.features.size(); ++j)
      columns.features.push_back(j);
  } else {
    for (const std::string& name : model.features)
      columns.features.push_back(index_of(schema.features, name, "feature", "model.features"));
  }
  for (const std::size_t j : columns.features)
    columns.names.push_back(schema.features[j].name);
  if (columns.names.empty())
    throw Error(ExitCode::config, "model: no feature and no intercept to fit");
  find_embeddings(model, schema, find_factors(model, schema, columns), columns);
  if (!with_targets) return columns;

  if (has_times(model)) {
    columns.targets = {index_of(schema.targets, model.time, "target", "model.time"),
                       index_of(schema.targets, model.status, "target", "model.status")};
  } else if (!model.target.empty()) {
    columns.targets = {index_of(schema.targets, model.target, "target", "model.target")};
  } else if (schema.targets.size() == 1) {
    columns.targets = {0};
  } else {
    std::vector<std::string> names;
    for (const Column& column : schema.targets)
      names.push_back(column.name);
    throw Error(ExitCode::config, "model.target: say which of the targets to fit: {}", join(names));
  }
  if (model.kind->response(model) == kernels::Response::classes) {
    columns.categories = schema.targets[columns.targets[0]].categories;
    if (columns.categories.size() < 2)
      throw Error(ExitCode::config,
                  "model.target: \"{}\" has no categories; a multinomial model needs two or more",
                  schema.targets[columns.targets[0]].name);
  }
  return columns;
}

ModelColumns all_columns(const Schema& schema) {
  ModelColumns columns;
  for (std::size_t j = 0; j < schema.features.size(); ++j) {
    columns.features.push_back(j);
    columns.names.push_back(schema.features[j].name);
  }
  for (std::size_t k = 0; k < schema.targets.size(); ++k)
    columns.targets.push_back(k);
  find_factors(ModelConfig(), schema, columns);
  return columns;
}

}  // namespace bailiwick

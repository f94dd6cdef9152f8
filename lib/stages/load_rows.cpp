// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/load_rows.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/text.hpp"
#include "lib/runtime/watchdog.hpp"
#include "lib/stages/row_blocks.hpp"

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

bool has_times(const ModelConfig& model) {
  return response_of(model) == ModelKind::cox;
}

/// Indicators of one input column are levels of one category. Cox models of a linear predictor,
/// which sort rows by time, read them as numbers.
std::vector<std::string> find_factors(const ModelConfig& model, const Schema& schema,
                                      ModelColumns& columns) {
  std::vector<std::string> sources;
  for (const std::size_t j : columns.features) {
    const std::string& source = schema.features[j].source;
    std::optional<std::size_t>& factor = columns.factor.emplace_back();
    if (source.empty() || model.kind == ModelKind::cox) continue;
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

/// What a model asks of its targets; returns the rule that a value breaks, or nullptr.
const char* broken_rule(ModelKind kind, const double* target, std::size_t classes) {
  switch (kind) {
    case ModelKind::linear:
      return nullptr;
    case ModelKind::logistic:
      return target[0] == 0 || target[0] == 1 ? nullptr
                                              : "a logistic model needs a target of 0 or 1";
    case ModelKind::poisson:
      return target[0] >= 0 ? nullptr : "a Poisson model needs a target that is not negative";
    case ModelKind::multinomial:
      return target[0] >= 0 && target[0] < static_cast<double>(classes) &&
                     target[0] == std::floor(target[0])
                 ? nullptr
                 : "a multinomial model needs the code of one of the target's categories";
    case ModelKind::cox:
      if (!(target[0] >= 0)) return "a Cox model needs times of at least zero";
      return target[1] == 0 || target[1] == 1 ? nullptr : "a Cox model needs a status of 0 or 1";
    case ModelKind::mlp:
      break;
  }
  return nullptr;
}

}  // namespace

ModelKind response_of(const ModelConfig& model) {
  if (model.kind != ModelKind::mlp) return model.kind;
  const std::string& loss = model.mlp.loss;
  return loss == "binary"          ? ModelKind::logistic
         : loss == "cross_entropy" ? ModelKind::multinomial
         : loss == "poisson"       ? ModelKind::poisson
         : loss == "cox"           ? ModelKind::cox
                                   : ModelKind::linear;
}

ModelColumns select_columns(const ModelConfig& model, const Schema& schema, bool with_targets) {
  ModelColumns columns;
  columns.intercept =
      model.kind != ModelKind::cox && model.kind != ModelKind::mlp && model.intercept;
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
  if (response_of(model) == ModelKind::multinomial) {
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
  ModelConfig any;
  any.kind = ModelKind::linear;
  find_factors(any, schema, columns);
  return columns;
}

LoadedRows load_rows(const LocalDomain& domain, const ModelConfig& model,
                     const ModelColumns& columns, const std::string& split) {
  std::size_t block_rows = 1;
  for (const PartitionManifest& manifest : domain.manifests)
    block_rows = std::max<std::size_t>(block_rows, std::min(manifest.rows, manifest.block_rows));

  LoadedRows loaded;
  loaded.partitions = domain.manifests.size();
  RowBlocksBuilder builder(columns, domain.blocks.count, block_rows);
  std::vector<std::size_t> chosen;
  std::uint64_t first_block = 0;  // of the partition, counted over the domain
  for (std::size_t p = 0; p < domain.manifests.size(); ++p) {
    const PartitionManifest& manifest = domain.manifests[p];
    const std::uint64_t begin = std::max(domain.blocks.first, first_block);
    const std::uint64_t end =
        std::min(domain.blocks.first + domain.blocks.count, first_block + manifest.blocks());
    const std::uint64_t offset = first_block;
    first_block += manifest.blocks();
    if (begin >= end) continue;

    const Schema& schema = manifest.schema;
    const auto code = split.empty() ? std::optional<std::size_t>() : split_code(schema, split);
    io::PartitionReader reader(domain.admission, manifest, domain.paths[p]);
    const auto on_block = [&](std::uint64_t block, const io::RowBuffer& buffer) {
      const auto fail = [&](std::size_t r, const std::string& why) {
        throw Error(ExitCode::data, "{}: row {}: {}", domain.paths[p],
                    block * manifest.block_rows + r, why);
      };
      chosen.clear();
      std::uint64_t in_split = 0;
      for (std::size_t r = 0; r < buffer.rows; ++r) {
        if (code && buffer.splits[r] != *code) continue;
        ++in_split;
        double target[2] = {0, 0};
        for (std::size_t k = 0; k < std::min<std::size_t>(2, columns.targets.size()); ++k)
          target[k] = buffer.targets[r * schema.targets.size() + columns.targets[k]];
        if (!columns.targets.empty())
          if (const char* rule = broken_rule(response_of(model), target, columns.categories.size()))
            fail(r, rule);
        if (columns.weights && buffer.weights[r] < 0) fail(r, "its weight is negative");
        if (columns.weights && buffer.weights[r] == 0 && model.kind != ModelKind::mlp) continue;
        chosen.push_back(r);
        if (!columns.weights || buffer.weights[r] > 0) ++loaded.selected;
        if (has_times(model) && target[1] == 1) ++loaded.events;
      }
      if (code && in_split != manifest.split_rows[*code][block])
        throw Error(ExitCode::integrity,
                    "{}: block {} has {} rows of split \"{}\" and {} in its manifest",
                    domain.paths[p], block, in_split, split, manifest.split_rows[*code][block]);
      Watchdog::moved();
      loaded.rows_of_block.push_back(chosen.size());
      if (columns.ids && schema.has_ids)
        for (const std::size_t r : chosen)
          loaded.ids.push_back(buffer.ids[r]);
      builder.add(buffer, schema, chosen, fail);
      loaded.partition.push_back(p);
    };
    reader.read_blocks(begin - offset, end - begin, on_block);
  }
  loaded.rows = builder.finish();
  return loaded;
}

}  // namespace bailiwick

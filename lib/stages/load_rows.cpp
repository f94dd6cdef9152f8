// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/load_rows.hpp"

#include <algorithm>
#include <cmath>

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

std::size_t split_code(const Schema& schema, const std::string& split) {
  const auto found = std::find(schema.splits.begin(), schema.splits.end(), split);
  if (found == schema.splits.end())
    throw Error(ExitCode::config, "the partitions have no split \"{}\"; they have: {}{}", split,
                schema.splits.empty() ? "none" : join(schema.splits),
                did_you_mean(split, schema.splits));
  return static_cast<std::size_t>(found - schema.splits.begin());
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
  }
  return nullptr;
}

}  // namespace

ModelColumns select_columns(const ModelConfig& model, const Schema& schema, bool with_targets) {
  ModelColumns columns;
  columns.intercept = model.kind != ModelKind::cox && model.intercept;
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
  if (!with_targets) return columns;

  if (model.kind == ModelKind::cox) {
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
  if (model.kind == ModelKind::multinomial) {
    columns.categories = schema.targets[columns.targets[0]].categories;
    if (columns.categories.size() < 2)
      throw Error(ExitCode::config,
                  "model.target: \"{}\" has no categories; a multinomial model needs two or more",
                  schema.targets[columns.targets[0]].name);
  }
  return columns;
}

LoadedRows load_rows(const LocalDomain& domain, const ModelConfig& model,
                     const ModelColumns& columns, const std::string& split) {
  std::size_t block_rows = 1;
  for (const PartitionManifest& manifest : domain.manifests)
    block_rows = std::max<std::size_t>(block_rows, std::min(manifest.rows, manifest.block_rows));
  block_rows = (block_rows + kernels::lanes - 1) / kernels::lanes * kernels::lanes;

  LoadedRows loaded;
  loaded.partitions = domain.manifests.size();
  kernels::RowBlocks& rows = loaded.rows;
  rows.x = decltype(rows.x)("x", domain.blocks.count, columns.columns(), block_rows);
  rows.y = decltype(rows.y)("y", domain.blocks.count, columns.targets.size(), block_rows);
  rows.weight = decltype(rows.weight)("weight", domain.blocks.count, block_rows);
  const auto x = Kokkos::create_mirror_view(rows.x);
  const auto y = Kokkos::create_mirror_view(rows.y);
  const auto weight = Kokkos::create_mirror_view(rows.weight);

  std::size_t local = 0;          // block of this rank
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
    const std::size_t p_all = schema.features.size(), t_all = schema.targets.size();
    const auto code = split.empty() ? std::optional<std::size_t>() : split_code(schema, split);
    io::PartitionReader reader(domain.admission, manifest, domain.paths[p]);
    reader.read_blocks(
        begin - offset, end - begin, [&](std::uint64_t block, const io::RowBuffer& buffer) {
          for (std::size_t r = 0; r < buffer.rows; ++r) {
            if (code && buffer.splits[r] != *code) continue;
            double target[2] = {0, 0};
            for (std::size_t k = 0; k < columns.targets.size(); ++k)
              target[k] = buffer.targets[r * t_all + columns.targets[k]];
            if (const char* rule = columns.targets.empty()
                                       ? nullptr
                                       : broken_rule(model.kind, target, columns.categories.size()))
              throw Error(ExitCode::data, "{}: row {}: {}", domain.paths[p],
                          block * manifest.block_rows + r, rule);
            const double w = columns.weights ? buffer.weights[r] : 1.0;
            if (w < 0)
              throw Error(ExitCode::data, "{}: row {}: its weight is negative", domain.paths[p],
                          block * manifest.block_rows + r);
            if (w == 0) continue;
            weight(local, r) = w;
            ++loaded.selected;
            if (model.kind == ModelKind::cox && target[1] == 1) ++loaded.events;
            for (std::size_t k = 0; k < columns.targets.size(); ++k)
              y(local, k, r) = target[k];
            if (columns.intercept) x(local, 0, r) = 1;
          }
          // Column by column: the block lies row-major in the file and column-major for the
          // kernels.
          for (std::size_t j = 0; j < columns.features.size(); ++j) {
            const double* source = buffer.features.data() + columns.features[j];
            double* column = &x(local, j + (columns.intercept ? 1 : 0), 0);
            for (std::size_t r = 0; r < buffer.rows; ++r)
              column[r] = weight(local, r) == 0 ? 0.0 : source[r * p_all];
          }
          loaded.partition.push_back(p);
          ++local;
        });
  }
  Kokkos::deep_copy(rows.x, x);
  Kokkos::deep_copy(rows.y, y);
  Kokkos::deep_copy(rows.weight, weight);
  return loaded;
}

}  // namespace bailiwick

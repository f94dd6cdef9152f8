// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/load_rows.hpp"

#include <algorithm>
#include <cmath>

#include "lib/data/row_blocks.hpp"
#include "lib/run/labels.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

namespace {

bool is_count(double x) {
  return x >= 0 && x < 0x1p53 && x == std::floor(x);
}

/// This rank's blocks of each partition of the domain, of those that are taken.
std::vector<BlockRange> shares_of(const LocalDomain& domain, const RowChoice& choice) {
  std::vector<BlockRange> shares;
  std::uint64_t first_block = 0;  // of the partition, counted over the domain
  for (const PartitionManifest& manifest : domain.manifests) {
    const std::uint64_t begin = std::max(domain.blocks.first, first_block);
    const std::uint64_t end =
        std::min(domain.blocks.first + domain.blocks.count, first_block + manifest.blocks());
    const bool taken = begin < end && (!choice.takes || choice.takes(domain.index, manifest.name));
    shares.push_back(taken ? BlockRange{begin - first_block, end - begin} : BlockRange{});
    first_block += manifest.blocks();
  }
  return shares;
}

}  // namespace

LoadedRows load_rows(const LocalDomain& domain, const ModelConfig& model,
                     const ModelColumns& columns, const RowChoice& choice, bool tell_rows,
                     const RowChange& change) {
  domain.tell_reading();
  const std::string& split = choice.split;
  std::size_t block_rows = 1;
  for (const PartitionManifest& manifest : domain.manifests)
    block_rows = std::max<std::size_t>(block_rows, std::min(manifest.rows, manifest.block_rows));

  const bool stands = columns.weights && model.counts_weights();  // each row for several
  // Steps of networks count rows, and predictions are told of all.
  const bool keeps_places = model.kind->network || columns.targets.empty();
  LoadedRows loaded;
  loaded.partitions = domain.manifests.size();
  Schema schema = domain.manifests.front().schema;  // of all of them
  const std::size_t stored_targets = schema.targets.size();
  const bool labelled = std::ranges::find(columns.targets, stored_targets) != columns.targets.end();
  if (labelled) schema.targets.push_back(domain.label_target.value());
  for (const ModelFeature& feature : columns.features)
    if (feature.level)
      loaded.level_rows[feature.column].resize(schema.features[feature.column].levels.size());
  const std::vector<BlockRange> shares = shares_of(domain, choice);
  std::size_t blocks = 0;
  for (const BlockRange& share : shares)
    blocks += share.count;
  RowBlocksBuilder builder(columns, schema, blocks, block_rows);
  std::vector<std::size_t> chosen, weighed, unlabelled;
  io::RowBuffer changed;
  for (std::size_t p = 0; p < domain.manifests.size(); ++p) {
    const PartitionManifest& manifest = domain.manifests[p];
    if (shares[p].count == 0) continue;

    const auto code = split.empty() ? std::optional<std::size_t>() : split_code(schema, split);
    io::PartitionReader reader = domain.open(p);
    const auto on_block = [&](std::uint64_t block, const io::RowBuffer& stored) {
      if (change || labelled) changed = stored;
      const io::RowBuffer& buffer = change || labelled ? changed : stored;
      std::span<const std::uint8_t> labels;
      if (labelled) {
        labels = std::span(*domain.labels[p]).subspan(block * manifest.block_rows, stored.rows);
        add_labels(changed, labels, stored_targets);
      }
      const auto fail = [&](std::size_t r, const std::string& why) {
        throw Error(ExitCode::data, "{}: {}: {}", domain.paths[p],
                    tell_rows
                        ? fmt::format("row {} (the first is 0)", block * manifest.block_rows + r)
                        : "some row",
                    why);
      };
      chosen.clear();
      weighed.clear();
      unlabelled.clear();
      std::uint64_t in_split = 0;
      for (std::size_t r = 0; r < buffer.rows; ++r) {
        if (code && buffer.splits[r] != *code) continue;
        ++in_split;
        double target[3] = {0, 0, 0}, trials = 1;
        for (std::size_t k = 0; k < std::min<std::size_t>(3, columns.targets.size()); ++k)
          target[k] = buffer.targets[r * schema.targets.size() + columns.targets[k]];
        if (columns.trials) {
          trials = builder.number(buffer, r, *columns.trials);
          if (!is_count(trials) || !is_count(target[0]))
            fail(r, "model.trials: its successes and trials are not whole numbers");
          if (target[0] > trials) fail(r, "model.trials: it has more successes than trials");
          target[0] = trials == 0 ? 0 : target[0] / trials;
        }
        if (columns.exposure && !model.exposure.empty() &&
            !(builder.number(buffer, r, *columns.exposure) > 0))
          fail(r, "model.exposure: its " + model.exposure + " is not greater than 0");
        if (!columns.targets.empty())
          if (const char* rule = model.kind->problem(model, target, columns.categories.size()))
            fail(r, rule);
        if (!model.entry.empty() && columns.targets.size() > 2 && !(target[2] < target[0]))
          fail(r, "model.entry: its entry is not before its time");
        if (columns.weights && buffer.weights[r] < 0) fail(r, "its weight is negative");
        if (stands && !is_count(buffer.weights[r]))
          fail(r, "model.weight_type: its weight is not a whole number of rows");
        const auto count = static_cast<std::uint64_t>(stands ? buffer.weights[r] : trials);
        const bool has_label = labels.empty() || labels[r] != 0;
        const bool left_out = !has_label || builder.is_left_out(buffer, r);
        const bool weighs = !left_out && trials > 0 && (!columns.weights || buffer.weights[r] > 0);
        if (!weighs && !keeps_places) continue;
        if (const std::string* name = left_out ? nullptr : builder.undefined(buffer, r))
          fail(r, "model.features: its " + *name + " has no value");
        if (!has_label) unlabelled.push_back(chosen.size());
        chosen.push_back(r);
        if (weighs) {
          weighed.push_back(r);
          ++loaded.selected;
          loaded.observations += count;
          for (auto& [feature, rows] : loaded.level_rows)
            ++rows[builder.stored_code(buffer, r, feature)];
        }
        if (has_times(model) && target[1] == 1 && !left_out) loaded.events += stands ? count : 1;
      }
      if (change) change(p, block, weighed, changed);
      if (code && in_split != manifest.split_rows[*code][block])
        throw Error(ExitCode::integrity,
                    "{}: block {} has {} rows of split \"{}\" and {} in its manifest",
                    domain.paths[p], block, in_split, split, manifest.split_rows[*code][block]);
      Watchdog::moved();
      loaded.rows_of_block.push_back(chosen.size());
      if (columns.ids && schema.has_ids)
        for (const std::size_t r : chosen)
          loaded.ids.push_back(buffer.ids[r]);
      if (columns.ids && !schema.splits.empty())
        for (const std::size_t r : chosen)
          loaded.splits.push_back(buffer.splits[r]);
      if (columns.units)
        for (const std::size_t r : chosen)
          loaded.units.push_back(buffer.units[r]);
      if (!columns.strata.empty())
        for (const std::size_t r : chosen)
          loaded.stratum.push_back(builder.stratum(buffer, r));
      try {
        builder.add(buffer, chosen, unlabelled);
      } catch (const Error& error) {
        throw Error(error.code(), "{}: {}", domain.paths[p], error.what());
      }
      loaded.partition.push_back(p);
    };
    reader.read_blocks(shares[p].first, shares[p].count, on_block);
  }
  loaded.rows = builder.finish();
  return loaded;
}

}  // namespace bailiwick

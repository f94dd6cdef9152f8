// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/labels.hpp"

#include <algorithm>

#include "io/csv/csv.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/finished_stage.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

std::string folder_of(const RunConfig& config) {
  return config.model.labels->from.value_or(config.output);
}

/// The finished stage in such a folder, or in what it left with a domain.
FinishedStage finished_labels(std::string folder, const std::string& key) {
  return {std::move(folder), label_layout::stem, PrivateKey::load(key).public_key(),
          "make the labels first (bailiwick label; started again it goes on), or name the output "
          "folder of that with model.labels.from"};
}

StatedLabels labels_from_json(const Json& json, const std::string& path) {
  if (json_member<std::string>(json, "format", path) != "bailiwick-label" ||
      json_member<int>(json, "version", path) != 1)
    throw Error(ExitCode::data, "{}: is not \"bailiwick-label\" of version 1", path);
  StatedLabels stated;
  stated.target.name = json_member<std::string>(json, "target", path);
  stated.target.categories = json_member<std::vector<std::string>>(json, "classes", path);
  stated.delete_by = json.value("delete_by", "");
  return stated;
}

/// Columns of a file of labels, by their names.
struct LabelColumns {
  std::size_t row, label, posterior, source;

  explicit LabelColumns(const io::CsvReader& header, const std::string& path)
      : row(find(header, "row", path)),
        label(find(header, "label", path)),
        posterior(find(header, "posterior", path)),
        source(find(header, "source", path)) {}

 private:
  static std::size_t find(const io::CsvReader& header, const char* name, const std::string& path) {
    const auto& names = header.fields();
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) throw Error(ExitCode::data, "{}: has no column \"{}\"", path, name);
    return static_cast<std::size_t>(found - names.begin());
  }
};

}  // namespace

StatedLabels read_stated_labels(const Communicator& world, const RunConfig& config) {
  const EgressPurpose purpose("config");
  const std::string folder = folder_of(config);
  const std::string path = fmt::format("{}/{}", folder, label_layout::result);
  std::string text;
  agree(world, [&] {
    if (!world.is_root()) return;
    text = finished_labels(folder, config.sign_with).read(label_layout::result);
  });
  text = world.broadcast(0, text);
  StatedLabels stated = labels_from_json(parse_json(text, path), path);
  stated.result = sha256(text);
  return stated;
}

std::vector<std::uint8_t> read_labels(const RunConfig& config, const StatedLabels& stated,
                                      const std::string& domain, const PartitionManifest& manifest,
                                      const std::string& key) {
  const std::string folder =
      fmt::format("{}/{}/{}", folder_of(config), label_layout::at_home, domain);
  const std::string name = manifest.name + ".csv", path = folder + "/" + name;
  const FinishedStage stage = finished_labels(folder, key);
  stage.demand_rows_of(domain, manifest);
  if (stage.made_of(dependency::labels) != stated.result)
    throw Error(ExitCode::data, "{}: is not of the run that {} is of: copy its folder as a whole",
                folder, label_layout::result);
  const ModelLabelsConfig& wanted = *config.model.labels;
  io::CsvReader reader(path);
  std::vector<std::uint8_t> labels;
  labels.reserve(manifest.rows);
  if (!reader.next()) throw Error(ExitCode::data, "{}: has no header", path);
  const LabelColumns columns(reader, path);
  while (reader.next()) {
    const auto& fields = reader.fields();
    const auto field = [&](std::size_t column) {
      return column < fields.size() ? std::string(fields[column]) : std::string();
    };
    if (field(columns.row) != std::to_string(labels.size()))
      throw Error(ExitCode::data, "{}:{}: is not the line of row {}", path, reader.line(),
                  labels.size());
    const auto found = std::ranges::find(stated.target.categories, field(columns.label));
    const auto source = from_word<LabelSource>(field(columns.source));
    const auto posterior = parse_number(field(columns.posterior));
    const bool takes = found != stated.target.categories.end() && source &&
                       *source >= wanted.minimum_source && posterior &&
                       *posterior >= wanted.at_least;
    labels.push_back(takes ? static_cast<std::uint8_t>(found - stated.target.categories.begin() + 1)
                           : 0);
  }
  stage.demand(name, reader.finish());
  if (labels.size() != manifest.rows)
    throw Error(ExitCode::data, "{}: has {} lines, and the partition {} rows", path, labels.size(),
                manifest.rows);
  return labels;
}

void add_labels(io::RowBuffer& buffer, std::span<const std::uint8_t> labels, std::size_t width) {
  std::vector<double> targets;
  targets.reserve(buffer.rows * (width + 1));
  for (std::size_t r = 0; r < buffer.rows; ++r) {
    const auto own = buffer.targets.begin() + static_cast<std::ptrdiff_t>(r * width);
    targets.insert(targets.end(), own, own + static_cast<std::ptrdiff_t>(width));
    targets.push_back(labels[r] == 0 ? 0 : labels[r] - 1);
  }
  buffer.targets = std::move(targets);
}

}  // namespace bailiwick

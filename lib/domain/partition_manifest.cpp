// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/partition_manifest.hpp"

#include <algorithm>
#include <numeric>

#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/domain/members.hpp"

namespace bailiwick {

namespace {

/// Every row of every block belongs to one split.
void check_split_rows(const PartitionManifest& manifest, const std::string& what) {
  const auto& splits = manifest.split_rows;
  bool fits = splits.size() == manifest.schema.splits.size();
  for (const auto& counts : splits)
    fits = fits && counts.size() == manifest.blocks();
  for (std::uint64_t b = 0; fits && !splits.empty() && b < manifest.blocks(); ++b) {
    std::uint64_t rest = std::min(manifest.block_rows, manifest.rows - b * manifest.block_rows);
    for (const auto& counts : splits) {
      fits = fits && counts[b] <= rest;
      rest -= fits ? counts[b] : 0;
    }
    fits = fits && rest == 0;
  }
  if (!fits)
    throw Error(ExitCode::data,
                "{}: \"split_rows\" does not tell for each split and block how many rows it has",
                what);
}

constexpr const char* format = "bailiwick-partition-manifest";

}  // namespace

void check_partition_version(std::uint64_t version, const std::string& what) {
  if (version < 1 || version > partition_version)
    throw Error(ExitCode::data, "{}: version {} is not supported; this program reads 1 to {}", what,
                version, partition_version);
}

void check_partition_name(const std::string& name, const std::string& what) {
  if (!is_file_name(name))
    throw Error(ExitCode::data,
                "{}: \"name\" must be {} and has 200 characters at most, found \"{}\"", what,
                file_name_form, printable(name.substr(0, 250)));
}

namespace {

std::string named(const Json& json, const std::string& key, const std::string& what) {
  std::string text = json_member<std::string>(json, key, what);
  if (text.empty()) throw Error(ExitCode::data, "{}: \"{}\" is empty", what, key);
  check_line(text, what + ": \"" + key + "\"");
  return text;
}

}  // namespace

Json to_json(const PartitionManifest& manifest) {
  Json json{{"format", format},
            {"version", manifest.version},
            {"name", manifest.name},
            {"owner", manifest.owner},
            {"created", manifest.created},
            {"rows", manifest.rows},
            {"block_rows", manifest.block_rows},
            {"precision", manifest.precision},
            {"schema", to_json(manifest.schema)},
            {"root", manifest.root.hex()}};
  if (!manifest.schema.splits.empty()) json["split_rows"] = manifest.split_rows;
  return json;
}

PartitionManifest manifest_from_json(const Json& json, const std::string& what) {
  check_members(json,
                {"format", "version", "name", "owner", "created", "rows", "block_rows", "precision",
                 "schema", "root", "split_rows"},
                what);
  if (named(json, "format", what) != format)
    throw Error(ExitCode::data, "{}: \"format\" must be \"{}\", found \"{}\"", what, format,
                named(json, "format", what));
  PartitionManifest manifest;
  manifest.version = count_member(json, "version", 0, what);
  check_partition_version(manifest.version, what);
  manifest.name = named(json, "name", what);
  check_partition_name(manifest.name, what);
  manifest.owner = named(json, "owner", what);
  manifest.created = named(json, "created", what);
  manifest.rows = count_member(json, "rows", 1, what);
  manifest.block_rows = count_member(json, "block_rows", 1, what);
  manifest.precision = named(json, "precision", what);
  if (manifest.precision != "float32" && manifest.precision != "float64")
    throw Error(ExitCode::data, "{}: \"precision\" must be float32 or float64, found \"{}\"", what,
                manifest.precision);
  manifest.schema = schema_from_json(json_member<Json>(json, "schema", what), what + ": schema",
                                     manifest.version);
  try {
    manifest.root = Digest::from_hex(named(json, "root", what));
  } catch (const Error& error) {
    throw Error(ExitCode::data, "{}: \"root\": {}", what, error.what());
  }
  if (!manifest.schema.splits.empty())
    manifest.split_rows =
        json_member<std::vector<std::vector<std::uint64_t>>>(json, "split_rows", what);
  else if (json.contains("split_rows"))
    throw Error(ExitCode::data, "{}: \"split_rows\" of a partition that is not split", what);
  check_split_rows(manifest, what);
  return manifest;
}

std::vector<std::uint64_t> PartitionManifest::rows_of_blocks(const std::string& split) const {
  if (!split.empty()) return split_rows[split_code(schema, split)];
  std::vector<std::uint64_t> in_block(blocks(), block_rows);
  if (!in_block.empty()) in_block.back() = rows - (in_block.size() - 1) * block_rows;
  return in_block;
}

std::uint64_t PartitionManifest::rows_of(const std::string& split) const {
  const std::vector<std::uint64_t> in_block = rows_of_blocks(split);
  return std::accumulate(in_block.begin(), in_block.end(), std::uint64_t{0});
}

}  // namespace bailiwick

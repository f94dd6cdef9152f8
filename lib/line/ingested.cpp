// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/ingested.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "io/partition/partition.hpp"
#include "lib/core/file_pattern.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/ingest/provenance.hpp"

namespace bailiwick {

namespace {

/// What a partition was made of, by its owner's record; nothing without one.
struct Origin {
  std::vector<std::string> sources;
  std::string root;
};

std::optional<Origin> origin_of(const std::string& path) {
  const std::string record = provenance_path(path);
  if (!std::filesystem::exists(path) || !std::filesystem::exists(record)) return {};
  const Json said = parse_json(envelope_from_json(read_file(record), record).payload, record);
  Origin origin{{}, said.at("root").get<std::string>()};
  for (const char* kind : {"config", "inputs", "lookups"})
    for (const Json& file : said.at(kind))
      origin.sources.push_back(file.at("sha256").get<std::string>());
  return origin;
}

std::string path_of(const IngestConfig& config, const IngestPartition& partition) {
  return config.output + "/" + partition.name + ".h5";
}

}  // namespace

std::vector<std::string> sources_of(const IngestConfig& config) {
  std::vector<std::string> digests;
  for (const ConfigFile& file : config.files)
    digests.push_back(sha256(file.text).hex());
  for (const std::string& file : files_named(config.inputs))
    digests.push_back(sha256_file(file).hex());
  for (const IngestLookup& lookup : config.lookups)
    digests.push_back(sha256_file(lookup.path).hex());
  return digests;
}

bool is_ingested(const IngestConfig& config, const std::vector<std::string>& sources) {
  return std::ranges::all_of(config.partitions, [&](const IngestPartition& partition) {
    const std::string path = path_of(config, partition);
    const std::optional<Origin> origin = origin_of(path);
    return origin && origin->sources == sources &&
           origin->root == io::unverified_manifest(io::manifest_path(path)).root.hex();
  });
}

bool has_other_rows(const IngestConfig& config, const std::vector<std::string>& sources) {
  return std::ranges::any_of(config.partitions, [&](const IngestPartition& partition) {
    const std::optional<Origin> origin = origin_of(path_of(config, partition));
    return origin && origin->sources != sources;
  });
}

}  // namespace bailiwick

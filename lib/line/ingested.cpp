// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/ingested.hpp"

#include <algorithm>
#include <filesystem>

#include "io/partition/partition.hpp"
#include "lib/core/file_pattern.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/ingest/provenance.hpp"

namespace bailiwick {

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
    const std::string path = config.output + "/" + partition.name + ".h5",
                      record = provenance_path(path);
    if (!std::filesystem::exists(path) || !std::filesystem::exists(record)) return false;
    const Json said = parse_json(envelope_from_json(read_file(record), record).payload, record);
    std::vector<std::string> digests;
    for (const char* kind : {"config", "inputs", "lookups"})
      for (const Json& file : said.at(kind))
        digests.push_back(file.at("sha256").get<std::string>());
    return digests == sources &&
           said.at("root") == io::unverified_manifest(io::manifest_path(path)).root.hex();
  });
}

}  // namespace bailiwick

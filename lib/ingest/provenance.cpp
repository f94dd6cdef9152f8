// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/provenance.hpp"

#include <filesystem>

#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/version.hpp"

namespace bailiwick {

namespace {

Json list_of(const std::vector<IngestedFile>& files, bool with_rows) {
  Json list = Json::array();
  for (const IngestedFile& file : files) {
    // What a path holds besides UTF-8, JSON cannot.
    list.push_back({{"file", printable(file.path)}, {"sha256", file.sha256.hex()}});
    if (with_rows) list.back()["rows"] = file.rows;
  }
  return list;
}

}  // namespace

std::string provenance_path(const std::string& partition_path) {
  return std::filesystem::path(partition_path).replace_extension(".ingest.json").string();
}

Json ingest_provenance(const IngestSources& sources, const PartitionManifest& manifest) {
  std::uint64_t read = 0;
  for (const IngestedFile& input : sources.inputs)
    read += input.rows;
  return {{"format", "bailiwick-ingest-provenance"},
          {"version", 1},
          {"partition", manifest.name},
          {"owner", manifest.owner},
          {"root", manifest.root.hex()},
          {"created", manifest.created},
          {"program", {{"version", version()}, {"commit", git_commit()}}},
          {"config", list_of(sources.configs, false)},
          {"inputs", list_of(sources.inputs, true)},
          {"lookups", list_of(sources.lookups, false)},
          {"rows",
           {{"read", read}, {"quarantined", sources.rows_quarantined}, {"here", manifest.rows}}}};
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/domain/partition_manifest.hpp"

namespace bailiwick {

/// A file that an ingest read.
struct IngestedFile {
  std::string path;
  Digest sha256;           ///< of its bytes, as it lies on disk
  std::uint64_t rows = 0;  ///< of an input: read from it
};

/// All that an ingest read: the same for each partition that came of it.
struct IngestSources {
  std::vector<IngestedFile> configs, inputs, lookups;
  std::uint64_t rows_quarantined = 0;
};

inline constexpr const char* ingest_provenance_type =
    "application/vnd.bailiwick.ingest-provenance.v1+json";

/// `<partition>.h5` -> `<partition>.ingest.json`, which its owner alone may read: digests of files
/// would confirm guesses about rows.
std::string provenance_path(const std::string& partition_path);

/// The payload of that envelope (docs/ingest.md).
Json ingest_provenance(const IngestSources& sources, const PartitionManifest& manifest);

}  // namespace bailiwick

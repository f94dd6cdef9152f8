// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/ingest/config.hpp"

namespace bailiwick {

/// Digests of all files that an ingest reads, in the order in which its record names them. Throws
/// ExitCode::data of what is not there.
std::vector<std::string> sources_of(const IngestConfig& config);

/// Whether its partitions are there, and made of such files, as their signed records say; whoever
/// made them.
bool is_ingested(const IngestConfig& config, const std::vector<std::string>& sources);

/// Whether one of its partitions is there, and made of others.
bool has_other_rows(const IngestConfig& config, const std::vector<std::string>& sources);

}  // namespace bailiwick

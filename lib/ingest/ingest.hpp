// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lib/ingest/config.hpp"
#include "lib/ingest/report.hpp"

namespace bailiwick {

struct IngestProgress {
  std::uint64_t rows = 0;         ///< read so far
  std::uint64_t quarantined = 0;  ///< of these
  std::uint64_t bytes = 0;        ///< of the input files, as they lie on disk
  std::uint64_t total_bytes = 0;  ///< 0 if unknown
};

/// CSV -> signed partitions (docs/ingest.md). One pass in constant memory; no MPI. Rows that break
/// a rule go to `<output>/quarantine.csv`. All files appear together at the end, or none does; with
/// `force` they replace those of an earlier ingest. `progress` is called now and then.
/// Throws ExitCode::config for contradictory rules and missing keys, ExitCode::data for inputs that
/// cannot be read, for a partition left without rows and for outputs that exist.
IngestReport ingest(const IngestConfig& config, bool force = false,
                    const std::function<void(const IngestProgress&)>& progress = {});

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lib/config/ingest_config.hpp"

namespace bailiwick {

struct IngestProgress {
  std::uint64_t rows = 0;         ///< read so far
  std::uint64_t quarantined = 0;  ///< of these
  std::uint64_t bytes = 0;        ///< of the input files, as they lie on disk
  std::uint64_t total_bytes = 0;  ///< 0 if unknown
};

struct IngestReport {
  struct Partition {
    std::string name;
    std::string owner;
    std::string path;
    std::uint64_t rows = 0;
    std::vector<std::uint64_t> split_rows;  ///< as `splits`
  };
  /// Rows that broke the same rule of the same column, and where the first of them stands.
  struct Quarantined {
    std::string column;
    std::string reason;
    std::uint64_t rows = 0;
    std::string first;  ///< file:line
  };
  std::uint64_t rows_read = 0;  ///< kept + quarantined
  std::vector<std::string> splits;
  std::vector<Partition> partitions;
  std::vector<Quarantined> quarantined;  ///< most rows first
  std::string quarantine_path;
  std::vector<std::string> unused;  ///< columns of the first input that no rule names

  std::uint64_t rows_kept() const;
  std::uint64_t rows_quarantined() const;
};

/// For a person: partitions, quarantine, columns left out.
std::string to_text(const IngestReport& report);

/// CSV -> signed partitions (docs/ingest.md). One pass in constant memory; no MPI. Rows that break
/// a rule go to `<output>/quarantine.csv`. All files appear together at the end, or none does; with
/// `force` they replace those of an earlier ingest. `progress` is called now and then.
/// Throws ExitCode::config for contradictory rules and missing keys, ExitCode::data for inputs that
/// cannot be read, for a partition left without rows and for outputs that exist.
IngestReport ingest(const IngestConfig& config, bool force = false,
                    const std::function<void(const IngestProgress&)>& progress = {});

}  // namespace bailiwick

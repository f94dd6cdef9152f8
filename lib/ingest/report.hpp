// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bailiwick {

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
    std::string value;  ///< there
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

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/csv/row_reader.hpp"
#include "lib/ingest/report.hpp"
#include "lib/ingest/rows.hpp"

namespace bailiwick {

/// Where rows go that broke a rule: a CSV with the columns file, line, column, value, reason, row.
class Quarantine {
 public:
  /// Only the user may read it: it holds rows. Throws ExitCode::data naming the file.
  explicit Quarantine(std::string path);

  void add(const std::string& file, const io::RowReader& record, const Rejection& rejection);
  /// Flushes and syncs.
  void finish();

  std::uint64_t rows() const { return rows_; }
  /// Most rows first.
  std::vector<IngestReport::Quarantined> summary() const;

 private:
  void check(bool ok) const;

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::uint64_t rows_ = 0;
  std::map<std::pair<std::string, std::string>, IngestReport::Quarantined> counts_;
};

}  // namespace bailiwick

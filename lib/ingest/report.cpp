// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/ingest/column.hpp"
#include "lib/ingest/report.hpp"

namespace bailiwick {

namespace {

std::string count(std::uint64_t rows) {
  return with_thousands(static_cast<long long>(rows));
}

using Table = std::vector<std::vector<std::string>>;

// Columns as wide as their widest cell; from `first_number` to `last_number` they lean right.
std::string format(const Table& table, std::size_t first_number, std::size_t last_number) {
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& row : table)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : table) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i >= first_number && i <= last_number ? fmt::format("  {:>{}}", row[i], widths[i])
                                                    : fmt::format("  {:<{}}", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

/// With the first value that broke the rule, unless it has none to show.
std::string reason_text(const IngestReport::Quarantined& q) {
  constexpr std::size_t most = 40;
  if (q.value.empty() || q.reason == ColumnRule::missing_value || q.value.size() > most)
    return q.reason;
  return fmt::format("{}: \"{}\"", q.reason, printable(q.value));
}

}  // namespace

std::uint64_t IngestReport::rows_kept() const {
  return std::accumulate(partitions.begin(), partitions.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Partition& p) { return sum + p.rows; });
}

std::uint64_t IngestReport::rows_quarantined() const {
  return std::accumulate(quarantined.begin(), quarantined.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Quarantined& q) { return sum + q.rows; });
}

std::string to_text(const IngestReport& report) {
  std::string text =
      fmt::format("{} rows read: {} kept, {} quarantined\n\n", count(report.rows_read),
                  count(report.rows_kept()), count(report.rows_quarantined()));
  Table table = {{"partition", "owner", "rows"}};
  table[0].insert(table[0].end(), report.splits.begin(), report.splits.end());
  table[0].push_back("file");
  for (const auto& partition : report.partitions) {
    std::vector<std::string> row = {partition.name, partition.owner, count(partition.rows)};
    for (const std::uint64_t rows : partition.split_rows)
      row.push_back(count(rows));
    row.push_back(partition.path);
    table.push_back(row);
  }
  text += format(table, 2, 2 + report.splits.size());

  if (!report.quarantined.empty()) {
    text += fmt::format("\nQuarantined rows are in {}:\n", report.quarantine_path);
    table = {{"rows", "column", "reason", "first at"}};
    for (const auto& q : report.quarantined)
      table.push_back(
          {count(q.rows), q.column.empty() ? "(row)" : q.column, reason_text(q), q.first});
    text += format(table, 0, 0);
    if (report.rows_quarantined() > report.rows_read / 20)
      text += "More than one row in twenty: quarantine_at_most makes that an error.\n";
  }
  if (!report.unused.empty())
    text += fmt::format("\nColumns not used: {}\n", printable(join(report.unused)));
  return text;
}

}  // namespace bailiwick

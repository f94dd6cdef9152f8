// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/csv/csv.hpp"

#include <vector>

#include "lib/core/text.hpp"
#include "tests/fuzz/scratch_file.hpp"

using namespace bailiwick;

using Records = std::vector<std::vector<std::string>>;

Records read(const std::string& text) {
  const ScratchFile file(text);
  io::CsvReader reader(file.path());
  Records records;
  std::uint64_t line = 0;
  while (reader.next()) {
    require(reader.line() > line && !reader.text().empty() && !reader.fields().empty());
    line = reader.line();
    if (reader.well_quoted()) records.emplace_back(reader.fields().begin(), reader.fields().end());
  }
  return records;
}

/// What was read and is written again reads the same.
void look_at(const std::string& input) {
  const Records records = read(input);
  std::string text = "first\n";  // a byte order mark or gzip's magic is none after it
  for (const auto& record : records) {
    std::string line;
    for (const std::string& field : record)
      line += (line.empty() && &field == &record.front() ? "" : ",") + csv_field(field);
    // Blank lines are none: a lone empty field must be quoted to be seen.
    text += (line.empty() ? "\"\"" : line) + "\n";
  }
  Records again = read(text);
  again.erase(again.begin());
  require(again == records);
}

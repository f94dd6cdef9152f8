// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "lib/ingest/rows.hpp"
#include "tests/fuzz/scratch_file.hpp"

using namespace bailiwick;

constexpr const char* config_text = R"(
version: 1
input: rows.csv
csv: {missing: [NA]}
columns:
  who:   {role: id}
  site:  {role: domain}
  age:   {role: feature, type: integer, minimum: 0, maximum: 120}
  day:   {role: feature, type: date, format: "%Y-%m-%d"}
  level: {role: feature, type: number, missing: {value: -1}}
  ward:  {role: feature, type: category, levels: [a, b, c]}
  ok:    {role: target, type: boolean, map: {"1": "0", "2": "1"}}
  w:     {role: weight, minimum: 0}
output: out
partitions:
  - {name: north, owner: north, values: [n, "1"], sign_with: north.pem}
  - {name: south, owner: south, values: [s], sign_with: south.pem}
)";

/// Every record is kept whole or rejected with a reason.
void look_at(const std::string& input) {
  static const IngestConfig config = parse_ingest_config(config_text, "/ingest.yaml");
  const ScratchFile file(input);
  io::CsvReader reader(file.path());
  if (!reader.next()) return;
  RowRules rules(config);
  rules.bind({reader.fields().begin(), reader.fields().end()}, "rows.csv");
  std::vector<io::RowBuffer> partitions(2);
  for (std::uint64_t number = 0; reader.next(); ++number) {
    if (const auto rejection = rules.read(reader, number, partitions)) {
      require(!rejection->reason.empty());
      continue;
    }
    const io::RowBuffer& rows = partitions.at(rules.partition());
    require(rows.features.size() == rows.rows * rules.schema().features.size() &&
            rows.targets.size() == rows.rows && rows.weights.size() == rows.rows &&
            rows.ids.size() == rows.rows);
  }
  for (const io::RowBuffer& rows : partitions)
    for (const double value : rows.features)
      require(std::isfinite(value));
}

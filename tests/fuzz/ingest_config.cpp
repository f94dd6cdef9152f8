// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/config.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// What is accepted says where from, where to, and what to do with at least one column.
void look_at(const std::string& input) {
  const IngestConfig config = parse_ingest_config(input, "/ingest.yaml");
  require(!config.inputs.empty() && !config.columns.empty() && !config.partitions.empty() &&
          !config.output.empty() && config.block_rows > 0);
}

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/config/ingest_config.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/ingest.hpp"

namespace bailiwick {

int command_ingest(const Arguments& arguments) {
  Options options(
      "ingest CONFIG [options]",
      "Reads CSV files once, in constant memory, and writes one signed partition a domain. Rows\n"
      "that break a rule go to quarantine.csv beside them, with the reason.");
  options.add()("force", "overwrite existing partitions");
  if (!options.parse(arguments.words)) return 0;
  const std::string path = options.text("CONFIG");
  const IngestConfig config = parse_ingest_config(read_file(path), path);
  IngestOptions how;
  how.force = options.has("force");
  std::cout << ingest(config, how).text();
  return 0;
}

}  // namespace bailiwick

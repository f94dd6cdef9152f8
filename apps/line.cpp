// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/line.hpp"
#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick {

int command_line(const Arguments& arguments) {
  Options options("line CONFIG [options]",
                  "From files to a model in use, station by station: ingest, quality, training, "
                  "evaluation, checks,\ndeployment, monitoring. What has not changed since it was "
                  "done is not done again; after whatever\nended it, the same command goes on.",
                  "docs/line.md");
  options.add()("dry-run", "say what would be done, and do nothing");
  if (!options.parse(arguments.words)) return 0;
  const std::string path = options.text("CONFIG");
  run_line(parse_line_config(read_file(path, document::config), path), options.has("dry-run"));
  return 0;
}

}  // namespace bailiwick

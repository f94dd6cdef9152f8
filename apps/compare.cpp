// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/compare/compare_runs.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

int command_compare(const Arguments& arguments) {
  Options options("compare FOLDER... [options]",
                  "Shows two runs side by side: what differs in their configs, rows, policies and "
                  "programs,\ntheir coefficients, their measures over all and of each domain, what "
                  "they cost.\nNeeds no MPI, and looks at no signature: verify does.",
                  "docs/compare.md");
  options.add()("format", po::value<std::string>()->default_value("text"), "text or json");
  if (!options.parse(arguments.words)) return 0;
  const std::vector<std::string> folders = options.list("FOLDER");
  if (folders.size() != 2) throw Error(ExitCode::usage, "compare takes the folders of two runs");
  const std::string format = options.text("format");
  if (format != "text" && format != "json")
    throw Error(ExitCode::usage, "--format {}: text or json", format);
  const Json comparison = compare_runs(read_run_folder(folders[0]), read_run_folder(folders[1]));
  std::cout << (format == "json" ? comparison.dump(2) + "\n" : runs_side_by_side(comparison));
  return 0;
}

}  // namespace bailiwick

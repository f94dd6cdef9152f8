// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/trace/trace.hpp"

namespace bailiwick {

int command_trace(const Arguments& arguments) {
  Options options(
      "trace WHAT [options]",
      "What an artefact was made of, and what was made of it, as signed chains say. WHAT: an "
      "output\nfolder, a model, checkpoint, result or prediction file, a partition, a signed "
      "policy. "
      "Reads no row.\nChecks chains and files that it names; partitions are checked by `verify`.",
      "docs/trace.md");
  options.add()("in", po::value<std::vector<std::string>>(),
                "folder below which runs are looked for too; may be given again");
  options.add()("key", po::value<std::vector<std::string>>(),
                "public key (PEM) of who may have signed; may be given again. Without, signatures "
                "are not checked, and it says so");
  options.add()("row", po::value<std::string>(),
                "of a prediction file: down to the block of this row, counted from 0");
  options.add()("format", po::value<std::string>()->default_value("text"), "text, json or svg");
  options.add()("output", po::value<std::string>(), "file to write to");
  if (!options.parse(arguments.words)) return 0;

  const std::string format = options.text("format");
  if (format != "text" && format != "json" && format != "svg")
    throw Error(ExitCode::usage, "--format: \"{}\" is none of text, json, svg{}", format,
                did_you_mean(format, std::vector<std::string>{"text", "json", "svg"}));
  TraceRequest request{options.text("WHAT"), options.list("in"), options.list("key"), {}};
  if (options.has("row")) request.row = parse_count(options.text("row"), "--row");
  const Trace found = trace(request);
  const std::string text = format == "svg"    ? trace_svg(found)
                           : format == "json" ? trace_json(found).dump(2) + "\n"
                                              : trace_text(found);
  if (options.has("output")) {
    write_file_atomically(options.text("output"), text);
    std::cout << "written  " << options.text("output") << '\n';
  } else {
    std::cout << text;
  }
  if (found.holds()) return 0;
  std::cerr << "bailiwick: a chain that it rests on does not hold, or a file was changed since it "
               "was signed; see `bailiwick verify`\n";
  return static_cast<int>(ExitCode::integrity);
}

}  // namespace bailiwick

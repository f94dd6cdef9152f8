// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/output_file.hpp"
#include "lib/report/markup/markdown.hpp"
#include "lib/report/report.hpp"

namespace bailiwick {

int command_report(const Arguments& arguments) {
  Options options(
      "report FOLDER [options]",
      "Writes one HTML page about all that a run left in its output folder: whose data under "
      "which\n"
      "terms, the model, how good it is for each owner, what left, lineage, cost. It needs no\n"
      "network and no script, and quotes no row. Needs no MPI.",
      "docs/report.md");
  options.add()(
      "key", po::value<std::vector<std::string>>(),
      "public key (PEM) that must have signed: the page then says what `verify` finds; may "
      "be given again");
  add_verification(options);
  options.add()("output", po::value<std::string>(),
                "file to write; FOLDER/report.html if left out");
  options.add()("in", po::value<std::string>(),
                "folder with output folders, at any depth: the page says how many trainings of the "
                "same purpose were begun there");
  options.add()("registry", po::value<std::string>(),
                "registry of models: the page says what became of the model there");
  options.add()("against", po::value<std::string>(),
                "output folder of another run, to stand beside this one");
  options.add()("format", po::value<std::string>()->default_value("html"), "html or md (Markdown)");
  if (!options.parse(arguments.words)) return 0;

  const std::string folder = options.text("FOLDER"), format = options.text("format");
  if (format != "html" && format != "md")
    throw Error(ExitCode::usage, "--format {}: html or md; browsers print the page to PDF", format);
  const std::string output =
      options.has("output") ? options.text("output") : folder + "/report." + format;
  const std::string page =
      report_page(folder, {verification_asked(options), output, options.text("against"),
                           options.text("in"), options.text("registry")});
  write_file_atomically(output, format == "md" ? to_markdown(page) : page);
  std::cout << "written  " << output << '\n';
  return 0;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/disclosure/output_check.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

int command_check_output(const Arguments& arguments) {
  Options options(
      "check-output FOLDER [options]",
      "Judges whether what lies in a run's output folder may leave the organisation, by the rules "
      "of\noutput checkers: minimum counts, class disclosure, degrees of freedom, steps of curves, "
      "values of\nrows. The folder must verify. With a key, what was found is signed there. Exit "
      "code 4 if a rule fails. Needs no MPI.",
      "docs/check-output.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed the run; may be given again");
  options.add()("minimum-count", po::value<std::string>()->default_value("10"),
                "rows, or events, that any number is made of");
  options.add()("minimum-freedom", po::value<std::string>()->default_value("10"),
                "rows of a model less its parameters");
  options.add()("by", po::value<std::string>(), "who checks: name and office; with --sign-with");
  options.add()("sign-with", po::value<std::string>(), "private key (PEM) of who checks");
  options.add()("json", "print the record as JSON");
  add_verification(options);
  if (!options.parse(arguments.words)) return 0;
  const auto number = [&](const char* option) {
    return static_cast<double>(parse_count(options.text(option), std::string("--") + option));
  };
  for (const char* option : {"minimum-count", "minimum-freedom"})
    if (number(option) < 1) throw Error(ExitCode::usage, "--{}: at least 1", option);
  if (options.has("by") != options.has("sign-with"))
    throw Error(ExitCode::usage, "--by and --sign-with go together");
  const Json found = check_output({options.text("FOLDER"),
                                   {number("minimum-count"), number("minimum-freedom")},
                                   options.text("by"),
                                   options.text("sign-with"),
                                   verification_asked(options)});
  if (options.has("json")) {
    std::cout << found.dump(2) << '\n';
  } else {
    std::cout << output_text(found);
    if (found.contains("head"))
      std::cout << fmt::format("signed  {}/{}\nhead    {}\n", options.text("FOLDER"),
                               checks_log.file, found.at("head").get<std::string>());
  }
  return static_cast<int>(found.at("verdict") == to_word(OutputVerdict::fail) ? ExitCode::policy
                                                                              : ExitCode::ok);
}

}  // namespace bailiwick

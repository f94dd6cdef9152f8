// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/release.hpp"

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/lineage/signed_log.hpp"
#include "lib/release/check_bundle.hpp"

namespace bailiwick {

namespace {

int check(const Options& options) {
  for (const char* option : {"to", "sign-with", "by", "recipient", "FILE"})
    if (options.has(option))
      throw Error(ExitCode::usage, "{}{}: is not for --check",
                  option == std::string("FILE") ? "" : "--",
                  option == std::string("FILE") ? options.text(option) : option);
  const BundleFindings found =
      check_bundle(options.text("FOLDER"), options.list("key"), options.list("approver-key"));
  if (options.has("json"))
    std::cout << found.json().dump(2) << '\n';
  else
    std::cout << found.text();
  return static_cast<int>(found.hold() ? ExitCode::ok : ExitCode::integrity);
}

}  // namespace

int command_release(const Arguments& arguments) {
  Options options(
      "release FOLDER [options] [FILE...]",
      "Packs results of a run that output checking passed, or whose findings somebody accepted, "
      "into\na folder of their own with a signed list of what leaves, and keeps a line of it in "
      "FOLDER. With\n--check, FOLDER is such a folder: says whether it holds what was signed and "
      "nothing more. Needs no MPI.",
      "docs/release.md");
  options.add()("to", po::value<std::string>(), "folder to make, outside of FOLDER");
  options.add()("sign-with", po::value<std::string>(), "private key (PEM) of who releases");
  options.add()("by", po::value<std::string>(), "who releases: name and office");
  options.add()("recipient", po::value<std::vector<std::string>>(),
                "IRI of who gets it, one of those that the run's config named; may be given again. "
                "Without, all of these");
  options.add()("check", "look at what was released, wherever it lies now");
  options.add()("json", "print what was signed, or found, as JSON");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed the run, with --check the release; may be "
                "given again");
  add_verification(options);
  if (!options.parse(arguments.words)) return 0;
  if (options.has("check")) return check(options);
  for (const char* option : {"to", "sign-with"})
    if (options.text(option).empty())
      throw Error(ExitCode::usage, "--{} is missing; --check looks at what was released", option);
  const Json released = release({options.text("FOLDER"), options.text("to"), options.text("by"),
                                 options.text("sign-with"), options.list("recipient"),
                                 options.list("FILE"), verification_asked(options)});
  if (options.has("json"))
    std::cout << released.dump(2) << '\n';
  else
    std::cout << release_text(released)
              << fmt::format("released  {}\nhead      {}  {}/{}\n", options.text("to"),
                             released.at("head").get<std::string>(), options.text("FOLDER"),
                             releases_log.file);
  return 0;
}

}  // namespace bailiwick

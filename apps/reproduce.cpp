// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/reproduce/reproduce.hpp"

namespace bailiwick {

int command_reproduce(const Arguments& arguments) {
  Options options(
      "reproduce FOLDER [options]",
      "Runs a finished run again, out of its output folder and the partitions, and compares every\n"
      "checkpoint, model, evaluation and prediction to the bit. Policies are asked as ever, on "
      "this\n"
      "machine and now. One process needs no key of an owner.",
      "docs/reproduce.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed the run; may be given again");
  add_verification(options);
  options.add()("sign-with", po::value<std::string>()->required(),
                "private key (PEM) of who reproduces: signs the second run and the summary");
  options.add()("output", po::value<std::string>()->required(), "new folder for the second run");
  options.add()("from", po::value<std::string>(),
                "checkpoint in FOLDER/checkpoints: only what came after it, of the training alone");
  options.add()("to", po::value<std::string>(),
                "checkpoint in FOLDER/checkpoints: only what came up to it, of the training alone");
  return in_session(arguments, options, [&](Session& session) {
    ReproduceOptions asked;
    asked.folder = std::filesystem::absolute(options.text("FOLDER")).lexically_normal().string();
    if (asked.folder.ends_with('/')) asked.folder.pop_back();
    asked.output = std::filesystem::absolute(options.text("output")).lexically_normal().string();
    if (asked.output.ends_with('/')) asked.output.pop_back();
    asked.sign_with = options.text("sign-with");
    const auto checkpoint = [&](const char* option) {
      return options.has(option)
                 ? (std::filesystem::path(asked.folder) / "checkpoints" / options.text(option))
                       .string()
                 : std::string();
    };
    asked.from = checkpoint("from");
    asked.to = checkpoint("to");
    asked.verification = verification_asked(options);
    if (asked.verification.partitions.empty())
      throw Error(ExitCode::usage,
                  "reproduce reads the rows again: --partitions names their folder");
    reproduce(session, asked);
  });
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/review/review.hpp"

namespace bailiwick {

namespace {

int rule(const Arguments& arguments, Ruling ruling, const char* name, const char* help) {
  Options options(std::string(name) + " FOLDER [options]", help, "docs/approval.md");
  options.add()("of", po::value<std::string>(),
                "model.h5 (the default), evaluation.json or what else a stage ended with there, or "
                "intent: what the last training began with");
  options.add()("by", po::value<std::string>()->required(), "who decides: name and office");
  options.add()("reason", po::value<std::string>()->required(), "why, in one line");
  options.add()("sign-with", po::value<std::string>()->required(),
                "private key (PEM) of who decides");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed the run; may be given again");
  if (ruling == Ruling::approved)
    options.add()("check", po::value<std::string>(),
                  "head that check-output printed: what that check found against the result is "
                  "accepted, and the result may be released (docs/release.md)");
  add_verification(options);
  if (!options.parse(arguments.words)) return 0;
  const Digest line =
      append_review({options.text("FOLDER"), options.text("of"), ruling, options.text("by"),
                     options.text("reason"), options.text("sign-with"), verification_asked(options),
                     options.text("check")});
  std::cout << fmt::format("{}  {}/{}\nhead  {}\n", to_word(ruling), options.text("FOLDER"),
                           approvals_log.file, line.hex());
  if (ruling != Ruling::approved) return 0;
  if (const auto checks = read_log(options.text("FOLDER"), checks_log); !checks.empty())
    if (const std::string verdict = checks.back().said.value("verdict", ""); verdict != "pass")
      std::cout << fmt::format("the last check of the outputs says: {} ({})\n", verdict,
                               checks_log.file);
  return 0;
}

}  // namespace

int command_approve(const Arguments& arguments) {
  return rule(arguments, Ruling::approved, "approve",
              "Verifies what lies in a run's output folder and, if all of it holds, signs that it "
              "may be\nused. Whoever signed the run cannot approve it. Needs no MPI.");
}

int command_refuse(const Arguments& arguments) {
  return rule(arguments, Ruling::refused, "refuse",
              "Signs that a result may not be used, and why. The refusal stays beside it, whatever "
              "is\ndecided later. Whoever signed the run cannot refuse it. Needs no MPI.");
}

int command_withdraw(const Arguments& arguments) {
  return rule(arguments, Ruling::withdrawn, "withdraw",
              "Signs that a result is to be used no more, and why: `evaluate` and `predict` refuse "
              "a model\nthat was withdrawn, and its checkpoints. Whoever signed the run may "
              "withdraw it. Needs no MPI.");
}

int command_countersign(const Arguments& arguments) {
  Options options(
      "countersign FOLDER [options]",
      "Verifies a run's output folder and, if all of it holds, adds an owner's signature to the "
      "end\nof each chain: then nobody can write another in its place unnoticed. Needs no MPI.",
      "docs/lineage.md");
  options.add()("sign-with", po::value<std::string>()->required(),
                "private key (PEM) of the owner");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed the run; may be given again");
  add_verification(options);
  if (!options.parse(arguments.words)) return 0;
  for (const auto& [chain, head] :
       countersign(options.text("FOLDER"), options.text("sign-with"), verification_asked(options)))
    std::cout << fmt::format("countersigned  {}  head {}\n", chain, head.hex());
  return 0;
}

}  // namespace bailiwick

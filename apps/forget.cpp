// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/json.hpp"
#include "lib/forget/forget.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

int command_forget(const Arguments& arguments) {
  Options options(
      "forget FOLDER [options]",
      "Signs that a model was replaced by one that was trained without some of its rows: which, "
      "what\nelse was made of them, who is to be told. Models that knew them are withdrawn, and "
      "`predict`\nrefuses them. Needs no MPI.",
      "docs/forget.md");
  options.add()("replaced-by", po::value<std::string>()->required(),
                "output folder of the training without them");
  options.add()(
      "in", po::value<std::vector<std::string>>(),
      "folder with output folders, at any depth, to look for what was made of them; may be "
      "given again");
  options.add()("by", po::value<std::string>()->required(), "who signs: name and office");
  options.add()("reason", po::value<std::string>()->required(), "why, in one line");
  options.add()("sign-with", po::value<std::string>()->required(),
                "private key (PEM) of the operator");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed both; may be given again");
  add_verification(options);
  options.add()("json", "print the record as JSON");
  if (!options.parse(arguments.words)) return 0;
  const std::string folder = options.text("FOLDER");
  const Json erasure =
      forget({folder, options.text("replaced-by"), options.list("in"), options.text("by"),
              options.text("reason"), options.text("sign-with"), verification_asked(options)});
  if (options.has("json"))
    std::cout << erasure.dump(2) << '\n';
  else
    std::cout << forget_text(erasure)
              << fmt::format("signed       {}/{}\nhead         {}\n", folder, erasures_log.file,
                             erasure.at("head").get<std::string>());
  if (const std::size_t left = erasure.at("not_withdrawn").size(); left > 0)
    throw Error(ExitCode::policy,
                "{} of the folders that know the rows {} not withdrawn: whoever signed there "
                "withdraws (bailiwick withdraw), then say this again",
                left, left == 1 ? "was" : "were");
  return 0;
}

}  // namespace bailiwick

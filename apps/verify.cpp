// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/verify/verify.hpp"

namespace bailiwick {

namespace {

Json json_of(const RunVerification& result, bool holds) {
  Json findings = Json::array(), heads = Json::object();
  for (const Finding& finding : result.findings)
    findings.push_back({{"holds", finding.holds}, {"what", finding.what}});
  for (const auto& [name, head] : result.heads)
    heads[name] = head.hex();
  return {{"verified", holds},
          {"findings", findings},
          {"heads", heads},
          {"unsigned", result.unsigned_files},
          {"not_looked_at", result.missed}};
}

}  // namespace

int command_verify(const Arguments& arguments) {
  Options options(
      "verify FOLDER [options]",
      "Recomputes everything that the lineage in a run's output folder claims: envelopes,\n"
      "signatures, files, links, count, config, policies and manifests, and every block of the\n"
      "partitions that are at hand. The folder may have been moved or copied. Needs no MPI.",
      "docs/lineage.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed; may be given again");
  add_verification(options);
  options.add()("quiet", "print only what does not hold, what nobody signed, and the heads");
  options.add()("json", "print all of it as JSON");
  if (!options.parse(arguments.words)) return 0;

  const RunVerification result = verify_run(options.text("FOLDER"), verification_asked(options));
  const auto broken = std::count_if(result.findings.begin(), result.findings.end(),
                                    [](const Finding& finding) { return !finding.holds; });
  const ExitCode code = broken == 0 ? ExitCode::ok : ExitCode::integrity;
  if (options.has("json")) {
    std::cout << json_of(result, broken == 0).dump(2) << '\n';
    return static_cast<int>(code);
  }
  for (const Finding& finding : result.findings)
    if (!finding.holds || !options.has("quiet"))
      std::cout << (finding.holds ? "ok  " : "NO  ") << finding.what << '\n';
  // Even where only what does not hold is asked for: nobody vouches for these.
  if (!result.unsigned_files.empty())
    std::cout << "--  no statement speaks of " << join(result.unsigned_files) << '\n';
  for (const auto& [name, head] : result.heads)
    std::cout << fmt::format("--  head of {}: {}\n", name, head.hex());
  std::cout << fmt::format("{} of {} findings hold: {}\n",
                           result.findings.size() - static_cast<std::size_t>(broken),
                           result.findings.size(), broken == 0 ? "verified" : "NOT VERIFIED");
  if (!result.missed.empty()) std::cout << "Not looked at: " << join(result.missed, "; ") << '\n';
  return static_cast<int>(code);
}

}  // namespace bailiwick

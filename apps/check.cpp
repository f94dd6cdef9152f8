// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>

#include "apps/command.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/load_rows.hpp"
#include "lib/stages/run.hpp"

namespace bailiwick {

namespace {

std::string rank_list(const std::vector<int>& ranks) {
  if (ranks.size() == 1) return std::to_string(ranks.front());
  std::vector<std::string> words;
  for (const int rank : ranks)
    words.push_back(std::to_string(rank));
  return join(words, ",");
}

void print(const Run& run, const ModelColumns& columns) {
  std::cout << fmt::format(
      "{}: valid\n\nmodel        {} parameters over {} columns: {}\n", run.config().path,
      columns.columns() * std::max<std::size_t>(2, columns.categories.size()) - columns.columns(),
      columns.columns(), join(columns.names));
  std::cout << fmt::format("rows         {} in {} domain{}, {} rank{}\n",
                           with_thousands(static_cast<long long>(run.rows())), run.domains().size(),
                           run.domains().size() == 1 ? "" : "s", run.world().size(),
                           run.world().size() == 1 ? "" : "s");
  std::cout << fmt::format(
      "memory       about {:.1f} MiB of rows in all\n\n",
      static_cast<double>(run.rows()) * static_cast<double>(columns.bytes_a_row()) / 1048576.0);
  for (std::size_t i = 0; i < run.domains().size(); ++i) {
    const DomainFacts& domain = run.domains()[i];
    const Verdict& verdict = run.verdicts()[i];
    std::cout << fmt::format("{} ({}): {}; {} rows in {} partition{}; rank{} {}\n", domain.name,
                             domain.jurisdiction, verdict.admitted ? "admitted" : "REFUSED",
                             with_thousands(static_cast<long long>(domain.rows())),
                             domain.partitions.size(), domain.partitions.size() == 1 ? "" : "s",
                             domain.ranks.size() == 1 ? "" : "s", rank_list(domain.ranks));
    for (const Clause& clause : verdict.clauses)
      std::cout << fmt::format("  {:3} {:<22} {}\n", clause.holds ? "ok" : "NO", clause.rule,
                               clause.detail);
  }
  std::cout << std::flush;
}

}  // namespace

int command_check(const Arguments& arguments) {
  return run_collectively(
      arguments, "check",
      "Validates a config, opens every manifest and policy, and shows each domain's verdict and "
      "which\n"
      "ranks would hold it. Reads no row, computes nothing. Start it as the run will be started.",
      [](Session& session, const RunOptions& options) {
        RunConfig config = load_run_config(session.world(), options.config, options.overrides);
        const ModelConfig model = config.model;
        const Run run(session, std::move(config), {Action::train, Action::release_model}, true);
        const ModelColumns columns = select_columns(model, run.schema());
        const bool all_admitted = std::all_of(run.verdicts().begin(), run.verdicts().end(),
                                              [](const Verdict& v) { return v.admitted; });
        if (session.world().is_root()) print(run, columns);
        if (!all_admitted) throw Error(ExitCode::policy, "not every domain admits this run");
      });
}

}  // namespace bailiwick

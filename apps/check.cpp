// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>
#include <optional>
#include <span>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/data/load_rows.hpp"
#include "lib/data/minimums.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/network/cost.hpp"
#include "lib/run/request.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

std::string rank_list(const std::vector<int>& ranks) {
  if (ranks.size() == 1) return std::to_string(ranks.front());
  std::vector<std::string> words;
  for (const int rank : ranks)
    words.push_back(std::to_string(rank));
  return join(words, ",");
}

/// The first and last of many names.
std::string some(const std::vector<std::string>& names) {
  if (names.size() <= 40) return join(names);
  return fmt::format("{}, … {}", join(std::span(names).first(8)), names.back());
}

void print_network(const NetworkCost& cost) {
  const auto mebibytes = [](double bytes) { return bytes / 1048576.0; };
  std::cout << fmt::format(
      "network      {} parameters\n"
      "step         of {}, {:.4g} GFLOP; {} steps {}\n"
      "memory       {:.1f} MiB for a step on the rank that has most: {:.1f} parameters and "
      "optimiser, "
      "{:.1f} sums, {:.1f} batch and activations\n",
      with_thousands(static_cast<long long>(cost.parameters)),
      cost.by_chance ? fmt::format("about {} rows by chance over all domains", cost.rows_a_step)
                     : fmt::format("{} lanes, up to {} rows over all domains", cost.lanes_a_step,
                                   cost.rows_a_step),
      1e-9 * cost.flops_a_step, cost.steps, cost.federated ? "a round" : "an epoch",
      mebibytes(cost.bytes()), mebibytes(cost.state_bytes), mebibytes(cost.sum_bytes),
      mebibytes(cost.batch_bytes));
}

void print_model(const Run& run, const ModelColumns& columns,
                 const std::optional<NetworkCost>& cost) {
  const std::size_t parameters =
      cost ? 0 : kind_of(run.config().model).parameters(untrained_model(run, columns));
  std::cout << fmt::format("model        {}{} columns: {}\n",
                           cost ? "" : fmt::format("{} parameters over ", parameters),
                           columns.columns(), some(columns.names));
  if (cost) print_network(*cost);
  std::cout << fmt::format(
      "rows take    about {:.1f} MiB in all\n",
      static_cast<double>(run.rows()) * static_cast<double>(columns.bytes_a_row()) / 1048576.0);
}

void print_verdicts(const Run& run, bool all_clauses) {
  std::cout << fmt::format("rows         {} in {} domain{}, {} rank{}\n\n",
                           with_thousands(static_cast<long long>(run.rows())), run.domains().size(),
                           run.domains().size() == 1 ? "" : "s", run.world().size(),
                           run.world().size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < run.domains().size(); ++i) {
    const DomainFacts& domain = run.domains()[i];
    const Verdict& verdict = run.verdicts()[i];
    std::cout << fmt::format("{} ({}): {}; {} rows in {} partition{}; rank{} {}\n", domain.name,
                             domain.jurisdiction, verdict.admitted() ? "admitted" : "REFUSED",
                             with_thousands(static_cast<long long>(domain.rows())),
                             domain.partitions.size(), domain.partitions.size() == 1 ? "" : "s",
                             domain.ranks.size() == 1 ? "" : "s", rank_list(domain.ranks));
    for (const Clause& clause : verdict.clauses)
      if (all_clauses || !clause.holds)
        std::cout << fmt::format("  {:3} {:<22} {}\n", clause.holds ? "ok" : "NO", clause.rule,
                                 clause.detail);
  }
  if (run.domains().size() > 1 &&
      std::ranges::none_of(run.domains(), [](const DomainFacts& d) { return d.limits_partners; }))
    std::cout
        << "\nNo policy says with whom (partners, trust): whoever writes the config may bring "
           "owners of its own,\nand subtract what it knows from the sums.\n";
  std::uint64_t contributors = 1;
  for (const DomainFacts& domain : run.domains())
    contributors = std::max(contributors, domain.minimum_contributors);
  if (contributors > 1)
    std::cout << fmt::format(
        "\ncontributors {}: every number of every round must be zero or the sum of as many "
        "domains. "
        "Manifests do\nnot say which columns and levels a domain has rows of: the run asks before "
        "each round, and a refusal\nnames them and leaves nothing (exit code 4); three of them "
        "cost no run.\n",
        contributors);
  std::cout << std::flush;
}

/// Those that this rank would sign and mask with.
void check_keys(const Run& run) {
  agree(run.world(), [&] {
    if (run.world().is_root()) PrivateKey::load(run.config().sign_with);
    for (const LocalDomain& local : run.local()) {
      const DomainConfig& domain = run.config().domains[local.index];
      if (!domain.private_key) continue;
      const std::string id = PrivateKey::load(*domain.private_key).public_key().id();
      const auto is_it = [&](const std::string& path) { return PublicKey::load(path).id() == id; };
      if (std::none_of(domain.keys.begin(), domain.keys.end(), is_it))
        throw Error(ExitCode::config, "domains.{}.private_key: {}: belongs to none of its keys",
                    domain.name, *domain.private_key);
    }
  });
}

}  // namespace

int command_check(const Arguments& arguments) {
  return run_collectively(
      arguments,
      {"check",
       "Validates a config, opens every manifest and policy, and shows each domain's verdict on a "
       "stage\nand which ranks would hold it. Reads no row, computes nothing. Start it as the run "
       "will be started."},
      [](Session& session, const RunOptions& options) {
        with_config(session, options, [&](RunConfig config) {
          const ModelConfig model = config.model;
          const StageUse& use = stage_asked(options.asked).use;
          const Run run(session, std::move(config), use, true);
          std::optional<ModelColumns> columns;
          if (use.of_model) columns = select_columns(model, run.schema());
          std::optional<NetworkCost> cost;
          if (columns && model.kind->network) cost = cost_of_network(run, *columns);
          if (columns) agree(session.world(), [&] { refuse_columns(run, *columns, use.trains); });
          check_keys(run);
          if (session.world().is_root()) {
            std::cout << run.config().path << ": valid\n\n";
            if (columns) print_model(run, *columns, cost);
            print_verdicts(run, options.verbose);
          }
          if (!std::ranges::all_of(run.verdicts(), &Verdict::admitted))
            throw Error(ExitCode::policy, "not every domain admits this run");
        });
      });
}

}  // namespace bailiwick

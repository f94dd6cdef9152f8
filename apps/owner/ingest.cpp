// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/draft/propose.hpp"
#include "lib/ingest/config.hpp"
#include "lib/ingest/ingest.hpp"

namespace bailiwick {

namespace {

/// Several processes that write the same files would race. It asks no MPI, only what launchers
/// leave in the environment.
void refuse_company() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
    if (const char* size = std::getenv(name); size != nullptr && std::atoi(size) > 1)
      throw Error(
          ExitCode::usage,
          "ingest is one process, which reads a file once; start it without mpirun, or with "
          "srun --ntasks=1 ({} is {})",
          name, size);
}

}  // namespace

int command_ingest(const Arguments& arguments) {
  Options options(
      "ingest CONFIG [options]",
      "Reads tables once, in constant memory, and writes one signed partition a domain. Rows\n"
      "that break a rule go to quarantine.csv beside them, with the reason. With --propose, "
      "CONFIG\n"
      "is a table, of which a config is drafted; nothing is written or sent.",
      "docs/ingest.md");
  options.add()("force", "overwrite existing partitions")(
      "propose", "print a draft of the config for the table named in place of CONFIG");
  options.add()("input", po::value<std::vector<std::string>>(),
                "table to read instead of the config's; may be given again");
  options.add()("increment", po::value<std::string>(),
                "rows that come later: partitions called NAME-INCREMENT, in a folder of that name "
                "in the config's output");
  if (!options.parse(arguments.words)) return 0;
  refuse_company();
  if (options.has("propose")) {
    std::cout << propose_ingest(options.text("CONFIG"));
    std::cerr << "Save it and fill in what is blank. Take care: " << proposal_note << ".\n";
    return 0;
  }
  IngestConfig config = parse_ingest_config(read_config(options.text("CONFIG")));
  if (options.has("input")) config.inputs = options.list("input");
  if (options.has("increment")) as_increment(config, options.text("increment"));
  const auto bar = [](const IngestProgress& progress) {
    std::cerr << fmt::format(
        "\r{} rows, {} quarantined, {:.0f} %",
        with_thousands(static_cast<long long>(progress.rows)),
        with_thousands(static_cast<long long>(progress.quarantined)),
        100.0 * static_cast<double>(progress.bytes) /
            static_cast<double>(std::max<std::uint64_t>(1, progress.total_bytes)));
  };
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  std::function<void(const IngestProgress&)> progress;
  if (terminal) progress = bar;
  const IngestReport report = ingest(config, options.has("force"), progress);
  std::cout << (terminal ? "\n" : "") << to_text(report);
  return 0;
}

}  // namespace bailiwick

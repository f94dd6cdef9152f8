// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe.hpp"

#include "apps/command.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

int command_describe(const Arguments& arguments) {
  return run_collectively(
      arguments, "describe",
      "Describes the columns over all domains: rows, means, deviations, exact quantiles, "
      "histograms,\n"
      "frequencies, contingency tables, correlations. Writes description.json and a signed "
      "statement.",
      [](Session& session, const RunOptions& options) {
        describe(session, load_run_config(session.world(), options.config, options.overrides));
      });
}

}  // namespace bailiwick

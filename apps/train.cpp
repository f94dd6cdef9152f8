// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/train.hpp"

#include "apps/command.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

int command_train(const Arguments& arguments) {
  return run_collectively(
      arguments, "train",
      "Trains the model of a config over all domains and writes model.h5, its checkpoints and a "
      "signed\n"
      "lineage to the output folder. Rows never leave their domain; only integer sums do.",
      [](Session& session, const RunOptions& options) {
        train(session, load_run_config(session.world(), options.config, options.overrides),
              options.resume, options.model_keys);
      });
}

}  // namespace bailiwick

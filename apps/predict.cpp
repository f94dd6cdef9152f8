// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/predict.hpp"

#include "apps/command.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

int command_predict(const Arguments& arguments) {
  return run_collectively(
      arguments, "predict",
      "Writes a prediction for every row to predictions/DOMAIN/PARTITION.csv in the output folder. "
      "They stay\n"
      "with the domain: nothing crosses.",
      [](Session& session, const RunOptions& options) {
        predict(session, load_run_config(session.world(), options.config, options.overrides),
                options.model, options.model_keys);
      });
}

}  // namespace bailiwick

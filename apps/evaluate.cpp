// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/evaluate.hpp"

#include "apps/command.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

int command_evaluate(const Arguments& arguments) {
  return run_collectively(
      arguments, "evaluate",
      "Scores a trained model on the rows of evaluate.split, overall and, where every policy "
      "allows it,\n"
      "for each domain. Writes evaluation.json and a signed statement beside the model.",
      [](Session& session, const RunOptions& options) {
        evaluate(session, load_run_config(session.world(), options.config, options.overrides),
                 options.model, options.model_keys);
      });
}

}  // namespace bailiwick

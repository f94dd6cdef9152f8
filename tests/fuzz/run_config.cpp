// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/config/run_config.hpp"
#include "lib/stages/stage.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// A config, its site and all else in it, means the same after it has been written down in full.
void look_at(const std::string& input) {
  const std::string resolved =
      resolved_yaml(parse_run_config(input, "/run.yaml", config_language()));
  require(resolved_yaml(parse_run_config(resolved, "/run.yaml", config_language())) == resolved);
}

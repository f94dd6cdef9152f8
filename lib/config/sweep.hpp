// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/config/include.hpp"

namespace bailiwick {

/// A key of a config and the values that it is given in turn.
struct Sweep {
  std::string key;
  std::vector<std::string> values;
};

/// KEY=VALUE,VALUE...; commas inside brackets, braces or quotes belong to a value. Throws
/// ExitCode::usage.
Sweep parse_sweep(const std::string& text);

/// Every combination of the values, the last key changing fastest.
std::vector<Overrides> sweep_tasks(const std::vector<Sweep>& sweeps);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/sweep.hpp"

#include <algorithm>

#include "lib/core/error.hpp"

namespace bailiwick {

Sweep parse_sweep(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw Error(ExitCode::usage,
                "--sweep {}: write KEY=VALUE,VALUE, e.g. --sweep model.l2=1e-3,1e-2", text);
  Sweep sweep{text.substr(0, equals), {""}};
  int depth = 0;
  char quote = 0;
  for (const char c : text.substr(equals + 1)) {
    if (c == ',' && depth == 0 && quote == 0) {
      sweep.values.emplace_back();
      continue;
    }
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '[' || c == '{')
      ++depth;
    else if (c == ']' || c == '}')
      --depth;
    sweep.values.back() += c;
  }
  if (std::ranges::count(sweep.values, "") > 0)
    throw Error(ExitCode::usage, "--sweep {}: a value is empty", text);
  return sweep;
}

std::vector<Overrides> sweep_tasks(const std::vector<Sweep>& sweeps) {
  std::vector<Overrides> tasks{{}};
  for (const Sweep& sweep : sweeps) {
    std::vector<Overrides> more;
    for (const Overrides& task : tasks)
      for (const std::string& value : sweep.values) {
        more.push_back(task);
        more.back().emplace_back(sweep.key, value);
      }
    tasks = std::move(more);
  }
  return tasks;
}

}  // namespace bailiwick

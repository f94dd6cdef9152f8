// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/state.hpp"

#include "lib/core/error.hpp"

namespace bailiwick {

const std::vector<double>& array_of(const State& state, const std::string& name,
                                    std::optional<std::size_t> size) {
  const auto found = state.find(name);
  if (found == state.end() || found->second.size() != size.value_or(found->second.size()))
    throw Error(ExitCode::data,
                "not a checkpoint of this training: array \"{}\" is missing or of another size",
                name);
  return found->second;
}

}  // namespace bailiwick

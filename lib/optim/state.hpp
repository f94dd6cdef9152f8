// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bailiwick {

/// What the next steps of a method depend on, by name: arrays of a checkpoint.
using State = std::map<std::string, std::vector<double>>;

/// The array of that name. Throws ExitCode::data if it is missing or not of that size.
const std::vector<double>& array_of(const State& state, const std::string& name,
                                    std::optional<std::size_t> size = {});

}  // namespace bailiwick

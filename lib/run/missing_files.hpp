// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>

namespace bailiwick {

class Communicator;
struct RunConfig;

/// Throws one error that names, with their keys, all files of these domains (indices) that a config
/// names and that this rank's node does not have, or another's; ExitCode::config if keys are among
/// them, else ExitCode::data. What patterns and lists of increments name is looked at
/// later. Collective.
void demand_files(const Communicator& world, const RunConfig& config,
                  std::span<const std::size_t> domains);

}  // namespace bailiwick

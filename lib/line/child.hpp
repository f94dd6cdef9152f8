// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace bailiwick {

/// Runs a command to its end, with this process' standard streams and environment, and hands on
/// SIGTERM, SIGINT and SIGUSR1 to it. Its exit code; 128 more than the signal that ended it.
/// Throws ExitCode::data if it cannot be started.
int run_command(const std::vector<std::string>& words);

/// Whether one of these signals has come since the process began.
bool was_stopped();

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/line/config.hpp"

namespace bailiwick {

/// Runs the line's stations one after another, each as a process of its own, and leaves out those
/// whose inputs are as they were when they last ended (docs/line.md). One process, no MPI; `dry`:
/// says what would be done, and does nothing. Throws as check_line(); ExitCode::stopped on a
/// signal, ExitCode::data if another line writes into its folder, and the exit code of a station
/// that fails.
void run_line(const LineConfig& line, bool dry);

}  // namespace bailiwick

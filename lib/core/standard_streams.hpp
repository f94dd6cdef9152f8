// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick {

/// For the start of a program: a write that fails is an error with a message and an exit code,
/// never a signal (SIGXFSZ of `ulimit -f`, SIGPIPE), and no file that is opened later takes the
/// number of a standard stream that was closed, which would put our words into it.
void prepare_standard_streams();

/// Throws ExitCode::data if something that was printed did not get to where the output goes.
void check_standard_output();

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bailiwick {

/// How a program of the system is run, and what it may take.
struct Command {
  std::vector<std::string> words;      ///< its absolute path first
  std::vector<std::string> variables;  ///< NAME=VALUE; it has no others
  std::size_t most = 64U << 20U;       ///< bytes that it may write
  std::chrono::seconds limit{60};
};

struct CommandResult {
  std::string problem;  ///< why it did not do what it should; empty: it did
  std::string output;   ///< what it wrote, errors too
};

/// Runs it without a shell and without input, and waits for its end; one that writes or takes more
/// than it may is killed. Local.
CommandResult run_command(const Command& command);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace bailiwick {

/// What the process returns to the shell and to Slurm. On disk in scripts: never change a value.
enum class ExitCode : int {
  ok = 0,
  usage = 2,          ///< wrong command line
  config = 3,         ///< wrong configuration file
  policy = 4,         ///< a data owner's policy refused
  data = 5,           ///< input or output: missing, malformed, unwritable, out of range
  not_converged = 6,  ///< the solver did not reach its tolerance
  integrity = 7,      ///< a digest, signature or chain does not hold
  verdict = 8,        ///< what was measured fails what the config demands; the result is written
  bug = 70,           ///< a broken promise inside Bailiwick
  stopped = 75,       ///< stopped on request; can be resumed
};

/// The one exception type. The message says what is wrong, where, and what to do about it.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  template <class... Args>
  Error(ExitCode code, fmt::format_string<Args...> format, Args&&... args)
      : Error(code, fmt::format(format, std::forward<Args>(args)...)) {}

  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Throws ExitCode::bug unless `condition` holds. For promises between functions, not for input.
void ensure(bool condition, const char* promise);

}  // namespace bailiwick

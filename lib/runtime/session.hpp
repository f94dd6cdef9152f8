// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/runtime/communicator.hpp"

namespace bailiwick {

/// Starts MPI, then Kokkos; ends them in reverse order. One a process. Outside apps this is the
/// only place that names MPI_COMM_WORLD.
class Session {
 public:
  Session(int& argc, char**& argv);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A duplicate of the world, so that our messages never meet anybody else's.
  const Communicator& world() const { return world_; }

  /// Ends the job if nothing moves for so many seconds (Watchdog); 0: never.
  void watch(double seconds);

  /// Called when the session ends, the last first, while MPI is still there; must not throw.
  void at_close(std::function<void()> close) { closings_.push_back(std::move(close)); }

  /// True if every rank calls this within `seconds` of each other: after an error, whether it was
  /// everyone's. Afterwards nothing else may be communicated.
  bool all_arrive(double seconds) const;

  /// Called on this rank when the command has ended, with its exit code and message; local.
  using Ending = std::function<void(ExitCode code, const std::string& message)>;
  void at_end(Ending ending) { endings_.push_back(std::move(ending)); }
  /// Calls them, the last first, once. What fails does not keep the others from it: the first
  /// failure is thrown afterwards.
  void end(ExitCode code, const std::string& message);

  /// Ends every process of the job at once, for what one rank alone meets.
  [[noreturn]] void abort(int code) const;

 private:
  struct Kokkos;
  Communicator world_;
  Communicator last_words_;  ///< all_arrive() must not meet a half-done collective on world_
  std::unique_ptr<Kokkos> kokkos_;
  std::vector<Ending> endings_;
  std::vector<std::function<void()>> closings_;
};

/// Host name of this node.
std::string node_name();

/// Lines for --version: Kokkos and its backend, the PETSc that it was built with, MPI. Needs no
/// session.
std::string runtime_versions();

}  // namespace bailiwick

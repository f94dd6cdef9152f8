// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/runtime/communicator.hpp"

namespace bailiwick {

/// Asks a run to stop: SIGTERM, SIGINT, SIGUSR1, or the time it was given. A process has one set of
/// signals, so all members are static.
class StopSignal {
 public:
  /// Takes the signals. As long as nobody defers them, one ends the process at once with
  /// ExitCode::stopped: whatever has a name on disk is whole, and the command can be given again.
  /// `alone`: then it says so; of several ranks whoever started them does, and sends one, too, to
  /// those that are left when another has failed.
  static void install(bool alone);
  /// From here on the run should stop after so many seconds.
  static void set_wall_time(double seconds);

  /// As long as one lives, a signal waits until the run asks for it; another of the same kind ends
  /// the process at once.
  class Deferred {
   public:
    Deferred();
    ~Deferred();
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;
  };

  /// Why the run must stop, the same on all ranks, if one of them was asked to: "SIGUSR1", "the
  /// wall time of 7200 s is over". Empty: it goes on. Collective.
  static std::string agreed(const Communicator& comm);
};

}  // namespace bailiwick

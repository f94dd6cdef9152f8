// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>

namespace bailiwick {

/// Ends a run that hangs, instead of leaving its nodes to burn the allocation. Every rank watches
/// itself; a process has one watchdog, so all members are static.
class Watchdog {
 public:
  /// From here on the process ends if nothing has moved on this rank for so many seconds: with a
  /// line that says what it was doing and how long, and with ExitCode::stopped if the run can go on
  /// from a checkpoint of this session, else ExitCode::bug. A rank that only waits for others says
  /// nothing, unless it is the first. 0: never.
  static void start(int rank, double seconds);
  static void stop();

  /// Something has moved: a message was exchanged, a block read.
  static void moved();
  /// What can be lost is no longer all that this session has done.
  static void saved();

  /// Seconds that this rank has waited for others so far, what a message itself takes included.
  static double waited();

  /// As long as one lives, this rank waits for others.
  class Waiting {
   public:
    explicit Waiting(const char* call);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  };
};

}  // namespace bailiwick

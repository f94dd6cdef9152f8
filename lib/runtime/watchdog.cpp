// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/watchdog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

std::atomic<unsigned long> movements{0};
std::atomic<bool> has_saved{false};
std::atomic<const char*> waiting_in{nullptr};
double total_waited = 0;  // of the main thread, which alone calls MPI
std::mutex mutex;
std::condition_variable stopping;
bool stopped = false;
std::thread thread;

[[noreturn]] void end(int rank, double seconds) {
  const char* const call = waiting_in;
  char node[256] = {};
  ::gethostname(node, sizeof node - 1);
  const ExitCode code = has_saved ? ExitCode::stopped : ExitCode::bug;
  std::cerr << fmt::format(
                   "bailiwick: rank {} on {}: nothing has moved for {} s, {}; the watchdog ends "
                   "the run{}\n",
                   rank, node, seconds,
                   call != nullptr ? fmt::format("waiting for other ranks in {}", call)
                                   : "not waiting for other ranks",
                   has_saved ? ", which can go on with --resume latest" : "")
            << std::flush;
  // MPI may be what hangs: the launcher sees the code and ends the others.
  std::_Exit(static_cast<int>(code));
}

void watch(int rank, double seconds) {
  using Clock = std::chrono::steady_clock;
  unsigned long seen = movements;
  Clock::time_point since = Clock::now();
  // One that waits gives the lower ranks a second each to say so first: the launcher ends the rest.
  const int turn = std::min(rank, 10);
  std::unique_lock lock(mutex);
  while (!stopping.wait_for(lock, std::chrono::duration<double>(std::min(1.0, seconds / 4)),
                            [] { return stopped; })) {
    if (const unsigned long now = movements; now != seen) {
      seen = now;
      since = Clock::now();
    } else if (Clock::now() - since >
               std::chrono::duration<double>(seconds + (waiting_in != nullptr ? turn : 0))) {
      end(rank, seconds);
    }
  }
}

}  // namespace

void Watchdog::start(int rank, double seconds) {
  if (thread.joinable() || !(seconds > 0)) return;
  thread = std::thread(watch, rank, seconds);
}

void Watchdog::stop() {
  if (!thread.joinable()) return;
  {
    const std::lock_guard lock(mutex);
    stopped = true;
  }
  stopping.notify_all();
  thread.join();
}

void Watchdog::moved() {
  movements.fetch_add(1, std::memory_order_relaxed);
}

void Watchdog::saved() {
  has_saved = true;
}

double Watchdog::waited() {
  return total_waited;
}

Watchdog::Waiting::Waiting(const char* call) {
  waiting_in.store(call, std::memory_order_relaxed);
}

Watchdog::Waiting::~Waiting() {
  total_waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - since_).count();
  waiting_in.store(nullptr, std::memory_order_relaxed);
  Watchdog::moved();
}

}  // namespace bailiwick

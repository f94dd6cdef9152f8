// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/stop_signal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/egress/meter.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

namespace {

std::atomic<int> received{0}, deferred{0};
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers may use no lock");
volatile std::sig_atomic_t says = 0;
double wall_seconds = 0;
std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

constexpr struct {
  int number;
  const char* name;
} signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}};

void take(int which) {
  if (deferred != 0 && received != which) {
    received = which;
    return;
  }
  constexpr std::string_view text = "bailiwick: stopped by a signal; give the command again\n";
  if (says != 0) [[maybe_unused]]
    const auto ignored = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(static_cast<int>(ExitCode::stopped));
}

std::string reason() {
  for (const auto& signal : signals)
    if (received == signal.number) return signal.name;
  if (std::chrono::steady_clock::now() >= deadline)
    return fmt::format("the wall time of {} s is over", static_cast<long long>(wall_seconds));
  return "";
}

}  // namespace

void StopSignal::install(bool alone) {
  says = alone ? 1 : 0;
  struct sigaction action = {};
  action.sa_handler = take;
  action.sa_flags = SA_RESTART;  // no system call fails because somebody wants to stop
  for (const auto& signal : signals)
    ::sigaction(signal.number, &action, nullptr);
}

void StopSignal::set_wall_time(double seconds) {
  wall_seconds = seconds;
  deadline = std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                 std::chrono::duration<double>(seconds));
}

StopSignal::Deferred::Deferred() {
  ++deferred;
}

StopSignal::Deferred::~Deferred() {
  --deferred;
}

std::string StopSignal::agreed(const Communicator& comm) {
  Watchdog::moved();
  std::string mine = reason();
  if (comm.size() == 1) return mine;
  const EgressPurpose purpose("agreement and errors");
  std::int64_t asked = mine.empty() ? 0 : 1;
  comm.sum({&asked, 1});
  if (asked == 0) return "";
  for (const std::string& text : comm.gather(mine))
    if (!text.empty()) return text;
  return mine;
}

}  // namespace bailiwick

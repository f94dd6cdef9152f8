// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/child.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

std::atomic<pid_t> running{0};
std::atomic<int> stopped_by{0};
static_assert(std::atomic<pid_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void hand_on(int signal) {
  stopped_by = signal;
  if (const pid_t child = running; child > 0) ::kill(child, signal);
}

/// From the first command on.
void listen_for_signals() {
  static const bool listening = [] {
    struct sigaction action = {};
    action.sa_handler = hand_on;
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
      ::sigaction(signal, &action, nullptr);
    return true;
  }();
  (void)listening;
}

}  // namespace

int run_command(const std::vector<std::string>& words) {
  listen_for_signals();
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (const int error =
          ::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
      error != 0)
    throw Error(ExitCode::data, "{}: cannot be started: {}", words.front(), std::strerror(error));
  running = child;
  if (stopped_by != 0) ::kill(child, stopped_by);  // it came in between
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      throw Error(ExitCode::data, "{}: was lost: {}", words.front(), std::strerror(errno));
  running = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool was_stopped() {
  return stopped_by != 0;
}

}  // namespace bailiwick

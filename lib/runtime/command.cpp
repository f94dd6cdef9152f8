// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace bailiwick {

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Starts it with both outputs at `to`; an error number, or 0.
int start(Command command, int to, pid_t& child) {
  posix_spawn_file_actions_t actions;
  if (const int failed = ::posix_spawn_file_actions_init(&actions)) return failed;
  const std::vector<char*> words = pointers(command.words), variables = pointers(command.variables);
  int failed = ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  for (const int output : {1, 2})
    if (failed == 0) failed = ::posix_spawn_file_actions_adddup2(&actions, to, output);
  if (failed == 0)
    failed =
        ::posix_spawn(&child, words.front(), &actions, nullptr, words.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/// Reads to the end; says why it stopped before.
std::string read_all(int from, const Command& command, std::string& output) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + command.limit;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd waiting{from, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
    if (ready == 0) return "it does not end";
    const ssize_t got = ready < 0 ? -1 : ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::strerror(errno);
    if (got == 0) return "";
    output.append(buffer.data(), static_cast<std::size_t>(got));
    if (output.size() > command.most) return "it writes too much";
  }
}

}  // namespace

CommandResult run_command(const Command& command) {
  CommandResult result;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {std::strerror(errno), ""};
  pid_t child = 0;
  const int failed = start(command, ends[1], child);
  ::close(ends[1]);
  if (failed == 0) {
    result.problem = read_all(ends[0], command, result.output);
    if (!result.problem.empty()) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (result.problem.empty() && status != 0)
      result.problem = result.output.substr(0, result.output.find('\n'));
    if (result.problem.empty() && status != 0) result.problem = "it failed";
  } else {
    result.problem = std::strerror(failed);
  }
  ::close(ends[0]);
  return result;
}

}  // namespace bailiwick

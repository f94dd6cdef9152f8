// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <regex>
#include <thread>

#include "lib/core/error.hpp"

namespace bailiwick {

int lock_open_file(int file, const std::string& path, double seconds,
                   const std::function<std::string()>& holder) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (bool told = false;;) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return 0;
    const int why = errno;
    if (why != EWOULDBLOCK && why != EINTR) return why;
    const double waited = std::chrono::duration<double>(Clock::now() - start).count();
    if (waited > seconds) return EWOULDBLOCK;
    if (!told && waited > 1) {
      std::cerr << fmt::format("{}: waiting for another job that holds it{}, {:.0f} s at most\n",
                               path, holder ? holder() : "", seconds)
                << std::flush;
      told = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

FileLock::FileLock(const std::string& path, double seconds)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (file_ < 0)
    throw Error(ExitCode::data, "{}: cannot open for writing: {}", path, std::strerror(errno));
  held_ = lock_open_file(file_, path, seconds, [this] { return holder(); }) != EWOULDBLOCK;
  if (!held_ || ::ftruncate(file_, 0) != 0) return;
  char node[256] = {};
  ::gethostname(node, sizeof node - 1);
  const std::string own = fmt::format("process {} on {}", ::getpid(), node);
  // For people: a lock holds without it.
  [[maybe_unused]] const ssize_t written = ::pwrite(file_, own.data(), own.size(), 0);
}

std::string FileLock::holder() const {
  char text[300] = {};
  const ssize_t size = ::pread(file_, text, sizeof text, 0);
  const std::string holder(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  // Anybody may have written to the file: what is not of our making is not repeated.
  static const std::regex ours("process [0-9]+ on [A-Za-z0-9._-]*");
  return std::regex_match(holder, ours) ? " (" + holder + ")" : "";
}

FileLock::~FileLock() {
  // A lock that nobody holds is empty; what a killed process wrote stays until the next one.
  [[maybe_unused]] const int emptied = held_ ? ::ftruncate(file_, 0) : 0;
  ::close(file_);
}

}  // namespace bailiwick

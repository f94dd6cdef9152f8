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
#include <thread>

#include "lib/core/error.hpp"

namespace bailiwick {

FileLock::FileLock(const std::string& path, double seconds)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  using Clock = std::chrono::steady_clock;
  if (file_ < 0)
    throw Error(ExitCode::data, "{}: cannot open for writing: {}", path, std::strerror(errno));
  const Clock::time_point start = Clock::now();
  for (bool told = false;;) {
    held_ = ::flock(file_, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR);
    const double waited = std::chrono::duration<double>(Clock::now() - start).count();
    if (held_ || waited > seconds) return;
    if (!told && waited > 1) {
      std::cerr << path << ": waiting for the process that holds it\n";
      told = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

FileLock::~FileLock() {
  ::close(file_);
}

}  // namespace bailiwick

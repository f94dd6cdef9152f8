// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
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

namespace {

std::string text_of(int file) {
  char text[300] = {};
  const ssize_t size = ::pread(file, text, sizeof text, 0);
  return {text, size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// Anybody may have written to a lock: what is not of our making is neither repeated nor changed.
bool is_ours(const std::string& text) {
  static const std::regex ours("process [0-9]+ on [A-Za-z0-9._-]*");
  return std::regex_match(text, ours);
}

/// Why the file is no lock; nothing if it is one. A link by any name would lead our writing into a
/// file of somebody's choice.
const char* not_a_lock(int file) {
  struct stat status = {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return "is not a regular file";
  const std::string text = text_of(file);
  return text.empty() || is_ours(text) ? nullptr : "holds what no lock does";
}

int open_lock(const std::string& path) {
  const int file =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0644);
  if (file < 0 && errno != ELOOP)
    throw Error(ExitCode::data, "{}: cannot open for writing: {}", path, std::strerror(errno));
  const char* const why = file < 0 ? "is a symbolic link" : not_a_lock(file);
  if (!why) return file;
  if (file >= 0) ::close(file);
  throw Error(ExitCode::data,
              "{}: {}; it was left as it is: find out who put it there, and delete it", path, why);
}

}  // namespace

FileLock::FileLock(const std::string& path, double seconds) : file_(open_lock(path)) {
  held_ = lock_open_file(file_, path, seconds, [this] { return holder(); }) != EWOULDBLOCK;
  if (!held_ || ::ftruncate(file_, 0) != 0) return;
  char node[256] = {};
  ::gethostname(node, sizeof node - 1);
  const std::string own = fmt::format("process {} on {}", ::getpid(), node);
  // For people: a lock holds without it.
  [[maybe_unused]] const ssize_t written = ::pwrite(file_, own.data(), own.size(), 0);
}

std::string FileLock::holder() const {
  const std::string holder = text_of(file_);
  return is_ours(holder) ? " (" + holder + ")" : "";
}

FileLock::~FileLock() {
  // A lock that nobody holds is empty; what a killed process wrote stays until the next one.
  [[maybe_unused]] const int emptied = held_ ? ::ftruncate(file_, 0) : 0;
  ::close(file_);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "lib/core/error.hpp"

namespace bailiwick {

void prepare_standard_streams() {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  // The lowest number that is free is taken: in this order each gets its own. Opened to read, so
  // that writing to it goes on failing.
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF && ::open("/dev/null", O_RDONLY) != stream)
      throw Error(ExitCode::data, "/dev/null: cannot open: {}", std::strerror(errno));
}

void check_standard_output() {
  std::cout.flush();
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::cout && std::ferror(stdout) == 0) return;
  throw Error(ExitCode::data, "standard output: cannot write{}: what was printed is not complete",
              errno == 0 ? std::string() : fmt::format(": {}", std::strerror(errno)));
}

}  // namespace bailiwick

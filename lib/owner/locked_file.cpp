// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/owner/locked_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/core/error.hpp"
#include "lib/core/file_lock.hpp"

namespace bailiwick {

LockedFile::LockedFile(const std::string& path, const char* name, double patience)
    : path_(path),
      name_(name),
      file_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) fail("open");
  struct stat status = {};
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file_);
    throw Error(ExitCode::data, "{}: is not a regular file, as every {} must be", path_, name_);
  }
  const int why = lock_open_file(file_, path_, patience);
  if (why == 0) return;
  ::close(file_);
  if (why == EWOULDBLOCK)
    throw Error(ExitCode::data,
                "{}: another job has held the {} for {:.0f} s; nothing was written; find and end "
                "that job (lslocks shows it on its node)",
                path_, name_, patience);
  errno = why;
  fail("lock");
}

LockedFile::~LockedFile() {
  ::close(file_);
}

void LockedFile::append(const std::string& line) const {
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(file_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    done += static_cast<std::size_t>(written);
  }
  if (done == line.size() && ::fsync(file_) == 0) return;
  const int why = errno;
  if (done > 0) {  // half a line would break the chain
    const off_t end = ::lseek(file_, 0, SEEK_END);
    if (::ftruncate(file_, end - static_cast<off_t>(done)) != 0)
      fail("undo a half written line of");
  }
  errno = why;
  fail("append to");
}

void LockedFile::fail(const char* what) const {
  throw Error(ExitCode::data, "{}: cannot {} the {}: {}", path_, what, name_, std::strerror(errno));
}

}  // namespace bailiwick

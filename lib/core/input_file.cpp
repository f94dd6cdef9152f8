// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

[[noreturn]] void throw_kind(const std::string& path, mode_t mode) {
  throw Error(ExitCode::data, "{}: is {}, not a{} file", path, kind_of(mode),
              S_ISDIR(mode) ? "" : " regular");
}

[[noreturn]] void throw_system(const std::string& path, const char* action) {
  throw Error(ExitCode::data, "{}: cannot {}: {}", path, action, std::strerror(errno));
}

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  // Asked for before it is opened, because opening a device can do something already; and again
  // after, because that is what will be read. Without O_NONBLOCK a pipe keeps its reader waiting.
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    throw_kind(path_, status.st_mode);
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file_ < 0) throw_system(path_, "open");
  const int result = ::fstat(file_, &status);
  const int reason = errno;
  if (result == 0 && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    mode_ = status.st_mode & 07777;
    return;
  }
  ::close(file_);
  errno = reason;
  if (result != 0) throw_system(path_, "open");
  throw_kind(path_, status.st_mode);
}

InputFile::~InputFile() {
  if (file_ >= 0) ::close(file_);
}

std::size_t InputFile::read(std::span<std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_system(path_, "read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::string read_file(const std::string& path, const Document& kind) {
  InputFile file(path);
  const auto check = [&](std::uint64_t size) {
    if (size > kind.most_bytes)
      throw Error(ExitCode::data, "{}: has {} bytes or more; {} may have {} at most", path, size,
                  kind.name, kind.most_bytes);
  };
  check(file.size());
  // What says that it is empty need not be so (/proc), and another program may be adding to it.
  std::string bytes;
  for (std::size_t size = 0;;) {
    constexpr std::size_t least = 4096;
    bytes.resize(size + std::max<std::size_t>(least, size == 0 ? file.size() + 1 : size));
    const std::size_t count = file.read(std::as_writable_bytes(std::span(bytes).subspan(size)));
    const bool complete = size + count < bytes.size();
    size += count;
    check(size);
    if (!complete) continue;
    bytes.resize(size);
    return bytes;
  }
}

}  // namespace bailiwick

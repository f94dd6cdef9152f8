// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.hpp"

/// A file with a path of its own, for readers that want one; removed at the end. Not a memfd,
/// because HDF5 asks for the real path.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view bytes) {
    const int file = ::mkstemp(path_.data());
    require(file >= 0 &&
            ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(file);
  }
  ~ScratchFile() { ::unlink(path_.c_str()); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::string& path() const { return path_; }

  /// In memory where there is such a place: what is written here is synced again and again.
  static std::string folder() { return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; }

 private:
  std::string path_ = folder() + "/bailiwick-fuzz-XXXXXX";
};

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace bailiwick::io {

/// The name under which a file is written before it is published; removed unless keep() was called.
class Temporary {
 public:
  explicit Temporary(const std::string& path) : path_(fmt::format("{}.tmp.{}", path, ::getpid())) {}
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(Temporary&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Temporary& operator=(Temporary&&) = delete;

  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

}  // namespace bailiwick::io

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// Keeps other processes of this and other nodes from what the file stands for, as long as it lives
/// and its process does. Where the file system knows no locks (ENOLCK, ENOSYS, EOPNOTSUPP) it keeps
/// nobody out.
class FileLock {
 public:
  /// Makes the file if need be. Waits up to `seconds` for another process to end, and says on
  /// stderr that it waits; false from held() if that one still has it then. Throws ExitCode::data
  /// if the file cannot be opened.
  FileLock(const std::string& path, double seconds);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  bool held() const { return held_; }

 private:
  int file_;
  bool held_ = false;
};

}  // namespace bailiwick

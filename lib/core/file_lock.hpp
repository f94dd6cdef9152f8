// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>

namespace bailiwick {

/// How long a job waits for another that holds what both need, before it gives up.
inline constexpr double lock_patience_seconds = 300;

/// Locks an open file against other processes of this and other nodes, until it is closed. Waits up
/// to `seconds` for the one that has it, and says so on stderr after a second. `holder`: who has
/// it, as far as is known then. 0, or why it has no lock: EWOULDBLOCK if the other still has it, or
/// what the system says.
int lock_open_file(int file, const std::string& path, double seconds,
                   const std::function<std::string()>& holder = {});

/// Keeps other processes of this and other nodes from what the file stands for, as long as it lives
/// and its process does. Where the file system knows no locks (ENOLCK, ENOSYS, EOPNOTSUPP) it keeps
/// nobody out.
class FileLock {
 public:
  /// Makes the file if need be, and writes into it who holds it, until it lets go. Waits as
  /// lock_open_file does; false from held() if the other still has it then. Throws ExitCode::data
  /// if the file cannot be opened, is a link or no regular file, or holds what is not of our
  /// making.
  FileLock(const std::string& path, double seconds);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  bool held() const { return held_; }
  /// " (process 17 on node3)": who holds it, or held it last; nothing if that is not known.
  std::string holder() const;

 private:
  int file_;
  bool held_ = false;
};

}  // namespace bailiwick

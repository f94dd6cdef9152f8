// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// An owner's file to which jobs append lines, one job at a time: an access log, a budget. Held
/// from here to the end of its life; made, with mode 0600, if there is none.
class LockedFile {
 public:
  /// `name`: what it is, for messages. Throws ExitCode::data if it cannot be opened, is no regular
  /// file, or another job holds it for more than `patience` seconds.
  LockedFile(const std::string& path, const char* name, double patience);
  ~LockedFile();
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  /// A line with its newline, synced to disk; of one that did not fit nothing stays. Throws
  /// ExitCode::data.
  void append(const std::string& line) const;

 private:
  [[noreturn]] void fail(const char* what) const;

  const std::string path_;
  const char* name_;
  int file_;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "io/h5/h5.hpp"
#include "lib/core/output_file.hpp"

namespace bailiwick::io::h5 {

/// A file being written. HDF5 cannot close a file that it cannot write to: it keeps a reference to
/// what it freed and crashes at exit, which would hide our exit code. So its driver here
/// (h5_output.cpp) never tells it of a failed write but notes the reason, and whoever writes asks
/// check().
class OutputFile {
 public:
  static OutputFile create(const std::string& path, const std::string& shown,
                           Readers readers = Readers::umask);
  static OutputFile append(const std::string& path, const std::string& shown);

  operator hid_t() const { return file_; }
  /// Throws ExitCode::data "{shown}: cannot {action}: No space left on device" if any write failed.
  void check(const std::string& action) const;
  void close();

 private:
  explicit OutputFile(std::string shown) : shown_(std::move(shown)) {}
  Properties access(Readers readers) const;

  std::string shown_;  ///< the name for messages; the file's own is temporary
  std::unique_ptr<int> failure_ = std::make_unique<int>(0);  ///< errno; outlives file_
  File file_;
};

}  // namespace bailiwick::io::h5

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/bytes/unpacker.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick::io {

/// The name under which standard input is read.
inline constexpr const char* standard_input = "-";

/// What a file holds, one byte after another, unpacked if it is packed; and the SHA-256 of the file
/// itself, taken by another thread as its bytes pass.
class FileBytes {
 public:
  /// A regular file, or standard input. Throws ExitCode::data naming it if it cannot be opened.
  explicit FileBytes(const std::string& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  /// Some bytes; none at the end alone. Throws Unreadable.
  std::size_t read(std::span<char> to);
  /// Of the file, as it lies on disk.
  std::uint64_t bytes_read() const { return bytes_read_; }
  /// Of all its bytes; those that nobody asked for are read now. Once. Throws Unreadable.
  Digest finish();

 private:
  std::span<const char> left() const { return {chunk_.data() + begin_, end_ - begin_}; }
  std::size_t read_file(char* to, std::size_t room);
  bool refill();
  std::size_t unpack(std::span<char> to);
  bool begins_again();

  int file_ = 0;  ///< standard input, unless it is another
  bool regular_ = false;
  std::uint64_t size_ = 0, bytes_read_ = 0;
  std::vector<char> chunk_;
  std::size_t begin_ = 0, end_ = 0;
  std::unique_ptr<Unpacker> unpacker_;
  bool begun_ = false;
  bool within_ = true;  ///< a packed stream that has not ended
  Sha256 hash_;
  std::future<void> hashing_;  ///< after hash_ and chunk_, so that it ends before they do
};

}  // namespace bailiwick::io

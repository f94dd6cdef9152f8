// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace bailiwick {

/// A regular file, opened to read. A pipe, a device or a socket is refused: it could keep a job
/// waiting, or feed it for ever.
class InputFile {
 public:
  /// Throws ExitCode::data naming the file, and what it is where it is no regular one.
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// When it was opened.
  std::uint64_t size() const { return size_; }
  std::uint32_t mode() const { return mode_; }  ///< permissions, as chmod takes them
  /// How many bytes were read: fewer than asked for only at the end. Throws ExitCode::data.
  std::size_t read(std::span<std::byte> bytes);
  /// The descriptor, which is the caller's from now on.
  int release() { return std::exchange(file_, -1); }

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint32_t mode_ = 0;
};

/// A kind of document that is read whole, and how long one may be.
struct Document {
  const char* name;
  std::uint64_t most_bytes;
};

namespace document {

constexpr std::uint64_t mebibyte = 1 << 20;
inline constexpr Document key{"a key", mebibyte / 16};
inline constexpr Document config{"a YAML file", 4 * mebibyte};
inline constexpr Document policy{"a policy", 4 * mebibyte};
inline constexpr Document site{"a site file", 4 * mebibyte};
inline constexpr Document manifest{"a manifest", 64 * mebibyte};
inline constexpr Document record{"a JSON file", 64 * mebibyte};
inline constexpr Document lineage{"a lineage", 256 * mebibyte};
inline constexpr Document access_log{"an access log", 256 * mebibyte};
inline constexpr Document time_stamp{"a time stamp", mebibyte};

}  // namespace document

/// The whole file as bytes. Throws ExitCode::data naming the file where it cannot be read, is no
/// regular file, or is longer than its kind may be.
std::string read_file(const std::string& path, const Document& kind = document::record);

}  // namespace bailiwick

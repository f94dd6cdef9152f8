// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

namespace bailiwick::io {

/// Why bytes cannot be had; whoever reads them knows of which file and where.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Turns packed bytes into what they were, piece by piece, in constant memory.
class Unpacker {
 public:
  struct Step {
    std::size_t taken = 0, made = 0;
    bool ended = false;  ///< the packed stream, behind which another one may begin
  };

  virtual ~Unpacker() = default;
  virtual const char* name() const = 0;
  /// Takes some of `from`, makes some of `to`; neither only at the end of `from`. Throws
  /// Unreadable.
  virtual Step unpack(std::span<const char> from, std::span<char> to) = 0;
  /// After a stream has ended, for the next one.
  virtual void restart() = 0;
};

/// As many bytes as tell how a file is packed.
inline constexpr std::size_t magic_bytes = 10;

/// For gzip, bzip2, xz or zstd, by the first bytes of a file; null for any other.
std::unique_ptr<Unpacker> unpacker_for(std::string_view head);

}  // namespace bailiwick::io

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iconv.h>

#include <cerrno>
#include <string>

#include "lib/core/error.hpp"

namespace bailiwick::io {

/// Bytes of another encoding, and what becomes of them in UTF-8.
class Transcoder {
 public:
  explicit Transcoder(const std::string& encoding)
      : encoding_(encoding), state_(::iconv_open("UTF-8", encoding.c_str())) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what iconv_open says it is
    if (state_ == reinterpret_cast<iconv_t>(-1))
      throw Error(ExitCode::config, "encoding \"{}\": this machine's iconv does not know it",
                  encoding);
  }
  ~Transcoder() { ::iconv_close(state_); }
  Transcoder(const Transcoder&) = delete;
  Transcoder& operator=(const Transcoder&) = delete;

  std::string& bytes() { return bytes_; }

  /// Turns as many of bytes() as there is room for, and takes them out. Throws ExitCode::data
  /// naming `where` if they are not of the encoding.
  std::size_t convert(char* to, std::size_t room, const std::string& where) {
    char *from = bytes_.data(), *out = to;
    std::size_t left = bytes_.size();
    if (::iconv(state_, &from, &left, &out, &room) == static_cast<std::size_t>(-1) &&
        errno == EILSEQ)
      throw Error(ExitCode::data, "{}: the byte 0x{:02X} there is not of {}; set csv.encoding",
                  where, static_cast<unsigned char>(*from), encoding_);
    bytes_.erase(0, bytes_.size() - left);
    return static_cast<std::size_t>(out - to);
  }

 private:
  std::string encoding_, bytes_;
  iconv_t state_;
};

}  // namespace bailiwick::io

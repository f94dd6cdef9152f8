// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "tests/support/hex.hpp"

namespace bailiwick {

/// A positive number of at most 32 bytes, big-endian, as DER has it.
inline std::string der_integer(std::string bytes) {
  bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size() - 1));
  if ((static_cast<unsigned char>(bytes[0]) & 0x80) != 0) bytes.insert(0, 1, '\0');
  return std::string{'\x02', static_cast<char>(bytes.size())} + bytes;
}

/// The other form of an ECDSA P-256 signature, with n - s for s, which anybody can make.
inline std::string malleated(const std::string& der) {
  static const std::string n =
      unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const auto r_size = static_cast<std::size_t>(der[3]);
  const std::string r = der.substr(2, 2 + r_size);
  std::string s = der.substr(6 + r_size);
  s = s.size() > 32 ? s.substr(s.size() - 32) : std::string(32 - s.size(), '\0') + s;
  int borrow = 0;
  std::string other(32, '\0');
  for (std::size_t i = 32; i-- > 0;) {
    int digit = static_cast<unsigned char>(n[i]) - static_cast<unsigned char>(s[i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    other[i] = static_cast<char>(digit + 256 * borrow);
  }
  const std::string body = r + der_integer(other);
  return std::string{'\x30', static_cast<char>(body.size())} + body;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/digest.hpp"

#include "lib/core/error.hpp"

namespace bailiwick {

std::string Digest::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

Digest Digest::from_hex(std::string_view text) {
  const auto nibble = [&](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw Error(ExitCode::data, "not a SHA-256 in hexadecimal: \"{}\"", text);
  };
  Digest digest;
  if (text.size() != 2 * digest.bytes.size())
    throw Error(ExitCode::data, "not a SHA-256 in hexadecimal: \"{}\"", text);
  for (std::size_t i = 0; i < digest.bytes.size(); ++i)
    digest.bytes[i] = static_cast<std::uint8_t>(nibble(text[2 * i]) * 16 + nibble(text[2 * i + 1]));
  return digest;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bailiwick {

inline std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline std::string hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text.push_back(digits[std::to_integer<int>(b) >> 4]);
    text.push_back(digits[std::to_integer<int>(b) & 15]);
  }
  return text;
}

inline std::string hex(const std::string& bytes) {
  return hex(std::as_bytes(std::span(bytes)));
}

}  // namespace bailiwick

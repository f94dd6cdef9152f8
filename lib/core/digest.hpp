// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bailiwick {

/// The value of a SHA-256 (computed by lib/crypto/sha256.hpp).
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;

  /// 64 lower-case hexadecimal digits.
  std::string hex() const;

  /// Throws ExitCode::data unless `text` is 64 hexadecimal digits.
  static Digest from_hex(std::string_view text);
};

}  // namespace bailiwick

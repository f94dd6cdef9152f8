// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace bailiwick {

/// Overwrites memory in a way that no compiler removes.
void erase(std::span<std::byte> bytes);

/// 256 secret bits, erased when they go. Move-only: no copy is left behind unseen.
class Secret {
 public:
  Secret() = default;
  ~Secret() { erase(bytes_); }
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { erase(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      erase(other.bytes_);
    }
    return *this;
  }

  std::span<std::byte, 32> bytes() { return bytes_; }
  std::span<const std::byte, 32> bytes() const { return bytes_; }

 private:
  std::array<std::byte, 32> bytes_{};
};

}  // namespace bailiwick

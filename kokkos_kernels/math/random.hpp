// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <Kokkos_Core.hpp>

#include <cstdint>

namespace bailiwick::kernels {

/// What random numbers are for: different purposes never share a number.
enum class RandomPurpose : std::uint32_t {
  initial_parameters = 1,
  row_order = 2,
  dropout = 3,
  permutation = 4
};

/// Random numbers as a function of a seed, a purpose and where they are used, never of who asks or
/// when: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11).
class Philox {
 public:
  struct Four {
    std::uint32_t word[4];
  };

  KOKKOS_FUNCTION Philox(std::uint64_t seed, RandomPurpose purpose)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        purpose_(static_cast<std::uint32_t>(purpose)) {}

  /// Four words for place (a, b): a < 2^32, b < 2^64.
  KOKKOS_FUNCTION Four operator()(std::uint32_t a, std::uint64_t b) const {
    return rounds(
        {{static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32), a, purpose_}},
        key_[0], key_[1]);
  }

  /// The ten rounds alone.
  KOKKOS_FUNCTION static Four rounds(Four counter, std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t left = std::uint64_t{0xD2511F53} * counter.word[0];
      const std::uint64_t right = std::uint64_t{0xCD9E8D57} * counter.word[2];
      counter = {{static_cast<std::uint32_t>(right >> 32) ^ counter.word[1] ^ key0,
                  static_cast<std::uint32_t>(right),
                  static_cast<std::uint32_t>(left >> 32) ^ counter.word[3] ^ key1,
                  static_cast<std::uint32_t>(left)}};
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    return counter;
  }

 private:
  std::uint32_t key_[2];
  std::uint32_t purpose_;
};

/// Uniform on [0, 1), a multiple of 2^-32.
KOKKOS_INLINE_FUNCTION double unit_interval(std::uint32_t word) {
  return word * 0x1p-32;
}

}  // namespace bailiwick::kernels

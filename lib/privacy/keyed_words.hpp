// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/crypto/secret.hpp"

namespace bailiwick {

/// The words of a secret key's ChaCha20 stream (lib/crypto/key_stream.hpp), one after another: who
/// has the key can draw the same again, to nobody else are they anything but noise. Neither copied
/// nor moved, so that no two places draw from one stream unseen. A stream ends after 2^35 words.
class KeyedWords {
 public:
  explicit KeyedWords(Secret key);
  ~KeyedWords();
  KeyedWords(const KeyedWords&) = delete;
  KeyedWords& operator=(const KeyedWords&) = delete;

  std::uint64_t next() {
    if (at_ == filled_) refill();
    return static_cast<std::uint64_t>(words_[at_++]);
  }

  /// 32 bits: the lower half of a word, then its upper one.
  std::uint32_t half() {
    half_is_left_ = !half_is_left_;
    if (half_is_left_) split_ = next();
    const auto half = static_cast<std::uint32_t>(split_);
    split_ >>= 32;
    return half;
  }

  bool bit() {
    if (bits_left_ == 0) {
      bits_ = next();
      bits_left_ = 64;
    }
    --bits_left_;
    const bool bit = (bits_ & 1) != 0;
    bits_ >>= 1;
    return bit;
  }

  /// Each of 0 to m - 1 with the same probability, m > 0.
  std::uint64_t below(std::uint64_t m);

 private:
  void refill();

  static constexpr std::size_t most = 1024;

  Secret key_;
  std::uint64_t drawn_ = 0;  ///< words of the stream that have been in words_
  std::size_t at_ = 0, filled_ = 0;
  std::uint64_t split_ = 0, bits_ = 0;
  bool half_is_left_ = false;
  unsigned bits_left_ = 0;
  std::array<std::int64_t, most> words_{};
};

}  // namespace bailiwick

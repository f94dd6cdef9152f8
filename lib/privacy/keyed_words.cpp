// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/keyed_words.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/crypto/key_stream.hpp"

namespace bailiwick {

namespace {

__extension__ using WideProduct = unsigned __int128;

/// The first of the chunks, each of which is twice as long as the one before: few words are had
/// for little, many in long runs.
constexpr std::size_t first_chunk = 64;

}  // namespace

KeyedWords::KeyedWords(Secret key) : key_(std::move(key)) {}

KeyedWords::~KeyedWords() {
  erase(std::as_writable_bytes(std::span(words_)));
  erase(std::as_writable_bytes(std::span(&split_, 1)));
  erase(std::as_writable_bytes(std::span(&bits_, 1)));
}

void KeyedWords::refill() {
  const std::size_t count = std::clamp(2 * filled_, first_chunk, most);
  std::fill_n(words_.begin(), count, 0);
  add_key_stream(key_, drawn_, Sign::plus, std::span(words_).first(count));
  drawn_ += count;
  filled_ = count;
  at_ = 0;
}

std::uint64_t KeyedWords::below(std::uint64_t m) {
  ensure(m > 0, "there is a number below");
  // The upper word of a product of a word and m, refused where the lower one is among the first
  // 2^64 mod m, which are one too many (Lemire 2019, arXiv 1805.10941).
  WideProduct product = WideProduct{next()} * m;
  if (static_cast<std::uint64_t>(product) < m) {
    const std::uint64_t too_many = (0 - m) % m;
    while (static_cast<std::uint64_t>(product) < too_many)
      product = WideProduct{next()} * m;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/error.hpp"

namespace bailiwick {

/// Specialised beside every type that is written as one of a few words: an array of pairs of value
/// and word. Configs, models and messages have no other spelling.
template <class T>
inline constexpr int words = 0;

template <class T>
concept Worded = requires {
  words<T>.size();
};

template <Worded T>
std::string to_word(const T& value) {
  for (const auto& [candidate, word] : words<T>)
    if (candidate == value) return word;
  throw Error(ExitCode::bug, "internal error: a value without a word; please report this");
}

template <Worded T>
std::optional<T> from_word(std::string_view text) {
  for (const auto& [candidate, word] : words<T>)
    if (word == text) return candidate;
  return {};
}

}  // namespace bailiwick

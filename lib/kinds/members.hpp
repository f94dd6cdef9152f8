// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/words.hpp"

// Members of a model's description, which somebody else may have made.
namespace bailiwick {

/// A member of a model's description, or what it must be.
template <class T>
void require(bool holds, const std::string& what, const char* key, const T& found,
             const char* rule) {
  if (!holds)
    throw Error(ExitCode::data, "{}: \"{}\" must be {}, found {}", what, key, rule,
                Json(found).dump().substr(0, 80));
}

[[noreturn]] inline void refuse_word(const char* key, const std::string& word,
                                     const std::string& what) {
  throw Error(ExitCode::data, "{}: \"{}\": unknown word \"{}\"; written by a newer Bailiwick?",
              what, key, word.substr(0, 80));
}

template <Worded T>
T word_member(const Json& json, const char* key, const std::string& what) {
  const auto word = json_member<std::string>(json, key, what);
  const auto value = from_word<T>(word);
  if (!value) refuse_word(key, word, what);
  return *value;
}

inline void check_size(const std::string& path, const char* name, std::size_t found,
                       std::size_t expected) {
  if (found != expected)
    throw Error(ExitCode::data, "{}: not a model: array \"{}\" has {} numbers, not {}", path, name,
                found, expected);
}

}  // namespace bailiwick

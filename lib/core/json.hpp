// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// Lists and objects within each other: deeper ones would exhaust the stack of whoever walks them.
inline constexpr std::size_t deepest_json = 64;

/// Throws `code` naming `what` (a file or document) and the byte where parsing failed, lists and
/// objects nested too deep, or a member that an object gives twice: a signed document has one
/// reading, whoever reads it.
Json parse_json(std::string_view text, const std::string& what, ExitCode code = ExitCode::data);

/// Throws `code` where a text in `json` holds what would steer the terminal or the log that it is
/// printed to. Ends of lines and tabs may stand in prose: printable() is for that.
void check_texts(const Json& json, const std::string& what, ExitCode code = ExitCode::data);

/// A document of somebody else: parse_json() and check_texts().
inline Json parse_document(std::string_view text, const std::string& what,
                           ExitCode code = ExitCode::data) {
  Json json = parse_json(text, what, code);
  check_texts(json, what, code);
  return json;
}

/// The member `key` of `object` as T. Throws `code` naming `what` and the key.
template <class T>
T json_member(const Json& object, const std::string& key, const std::string& what,
              ExitCode code = ExitCode::data) {
  try {
    return object.at(key).get<T>();
  } catch (const Json::exception&) {
    throw Error(code, "{}: \"{}\" is missing or has the wrong type", what, key);
  }
}

}  // namespace bailiwick

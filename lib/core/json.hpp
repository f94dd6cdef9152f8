// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"

namespace bailiwick {

/// Objects keep their keys sorted, so equal values have equal bytes.
using Json = nlohmann::json;

/// Lists and objects within each other: deeper ones would exhaust the stack of whoever walks them.
inline constexpr int deepest_json = 64;

/// Throws `code` naming `what` (a file or document) and the byte where parsing failed, lists and
/// objects nested too deep, or a member that an object gives twice: a signed document has one
/// reading, whoever reads it.
inline Json parse_json(std::string_view text, const std::string& what,
                       ExitCode code = ExitCode::data) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open, the innermost last
  const auto watch = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    using enum Json::parse_event_t;
    if ((event == object_start || event == array_start) && depth >= deepest_json)
      throw Error(code, "{}: lists and objects nested more than {} deep", what, deepest_json);
    if (event == object_start) keys.emplace_back();
    if (event == object_end) keys.pop_back();
    if (event == key && !keys.back().insert(parsed.get<std::string>()).second)
      throw Error(code, "{}: member {} occurs twice", what, parsed.dump());
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    throw Error(code, "{}: not valid JSON near byte {}", what, error.byte);
  } catch (const Json::exception&) {
    throw Error(code, "{}: a number is too large for JSON", what);
  }
}

/// Throws `code` where a text in `json` holds what would steer the terminal or the log that it is
/// printed to. Ends of lines and tabs may stand in prose: printable() is for that.
inline void check_texts(const Json& json, const std::string& what, ExitCode code = ExitCode::data) {
  const auto check = [&](std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    if (!is_printable(text))
      throw Error(code, "{}: holds a control character: \"{}\"", what,
                  printable(text.substr(0, 80)));
  };
  if (json.is_string()) check(json.get_ref<const std::string&>());
  if (json.is_array())
    for (const Json& item : json)
      check_texts(item, what, code);
  if (json.is_object())
    for (const auto& item : json.items()) {
      check(item.key());
      check_texts(item.value(), what, code);
    }
}

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

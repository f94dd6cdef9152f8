// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/error.hpp"

namespace bailiwick {

/// Objects keep their keys sorted, so equal values have equal bytes.
using Json = nlohmann::json;

/// Throws `code` naming `what` (a file or document) and the byte where parsing failed, or a member
/// that an object gives twice: a signed document has one reading, whoever reads it.
inline Json parse_json(std::string_view text, const std::string& what,
                       ExitCode code = ExitCode::data) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open, the innermost last
  const auto watch = [&](int, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
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

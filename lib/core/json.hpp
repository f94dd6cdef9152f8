// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "lib/core/error.hpp"

namespace bailiwick {

/// Objects keep their keys sorted, so equal values have equal bytes.
using Json = nlohmann::json;

/// Throws `code` naming `what` (a file or document) and the byte where parsing failed.
inline Json parse_json(std::string_view text, const std::string& what,
                       ExitCode code = ExitCode::data) {
  try {
    return Json::parse(text);
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

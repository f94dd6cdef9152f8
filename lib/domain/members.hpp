// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

/// Throws ExitCode::data unless `object` is an object whose members are all in `allowed`: what a
/// reader does not know it cannot honour.
inline void check_members(const Json& object, const std::vector<std::string>& allowed,
                          const std::string& what) {
  if (!object.is_object()) throw Error(ExitCode::data, "{}: not a JSON object", what);
  for (const auto& item : object.items())
    if (std::find(allowed.begin(), allowed.end(), item.key()) == allowed.end())
      throw Error(ExitCode::data, "{}: unknown member \"{}\"; allowed: {}{}", what, item.key(),
                  join(allowed), did_you_mean(item.key(), allowed));
}

/// Throws ExitCode::data unless `text` is one line that can be printed as it is.
inline void check_line(const std::string& text, const std::string& what) {
  if (!is_printable(text))
    throw Error(ExitCode::data, "{}: must be one line without control characters, found \"{}\"",
                what, printable(text));
}

/// The member `key` as a count. Throws ExitCode::data unless it is an integer of at least `least`;
/// json_member<std::uint64_t> would wrap a negative number and cut a fraction.
inline std::uint64_t count_member(const Json& object, const std::string& key, std::uint64_t least,
                                  const std::string& what) {
  const auto found = object.find(key);
  const bool holds = found != object.end() && found->is_number_integer() && *found >= least;
  if (!holds)
    throw Error(ExitCode::data, "{}: \"{}\" must be an integer of at least {}, found {}", what, key,
                least, found == object.end() ? "nothing" : found->dump());
  return found->get<std::uint64_t>();
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/json.hpp"

/// How terms of a policy stand in ODRL 2.2 (docs/policy.md). A term says it once, in a function
/// `odrl(auto& o)`, for the writer, the reader, and the description of our profile.
namespace bailiwick::odrl {

/// A left operand, by its name; with a definition it is one of our profile.
struct Operand {
  const char *name, *definition = "";
  int version = 1;  ///< of the profile that has it first
};

// What stands on the right: `write` makes it of a value, and `read` what it says, as far as it is
// of this form.

/// The text that `json` is, without the prefix; empty if it is none.
inline std::string text_of(const Json& json, std::string_view prefix = "") {
  if (!json.is_string()) return "";
  const std::string& value = json.get_ref<const std::string&>();
  return value.starts_with(prefix) ? value.substr(prefix.size()) : "";
}

/// The member, or null.
inline const Json& member_of(const Json& json, const char* name) {
  static const Json nothing;
  return json.is_object() && json.contains(name) ? json.at(name) : nothing;
}

struct Text {
  static Json write(const std::string& value) { return value; }
  static std::string read(const Json& json) { return text_of(json); }
};

struct Names {
  std::string_view prefix;

  Json write(const std::vector<std::string>& names) const {
    Json list = Json::array();
    for (const std::string& name : names)
      list.push_back({{"@id", std::string(prefix) + name}});
    return list;
  }
  std::vector<std::string> read(const Json& list) const {
    std::vector<std::string> names;
    if (list.is_array())
      for (const Json& item : list)
        names.push_back(text_of(member_of(item, "@id"), prefix));
    return names;
  }
};

struct Moment {
  static Json write(const std::string& value) {
    return {{"@value", value}, {"@type", "xsd:dateTime"}};
  }
  static std::string read(const Json& json) { return text_of(member_of(json, "@value")); }
};

struct Count {
  static Json write(std::uint64_t value) {
    return {{"@value", std::to_string(value)}, {"@type", "xsd:nonNegativeInteger"}};
  }
  static std::uint64_t read(const Json& json) {
    const std::string digits = text_of(member_of(json, "@value"));
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
};

inline constexpr Text text;
inline constexpr Moment moment;
inline constexpr Count count;
inline constexpr Names iris = {""};
inline constexpr Names places = {"iso3166:"};

}  // namespace bailiwick::odrl

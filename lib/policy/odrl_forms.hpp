// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/json_fwd.hpp"

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
std::string text_of(const Json& json, std::string_view prefix = "");

/// The member, or null.
const Json& member_of(const Json& json, const char* name);

struct Text {
  static Json write(const std::string& value);
  static std::string read(const Json& json);
};

struct Names {
  std::string_view prefix;

  Json write(const std::vector<std::string>& names) const;
  std::vector<std::string> read(const Json& list) const;
};

struct Moment {
  static Json write(const std::string& value);
  static std::string read(const Json& json);
};

struct Number {
  static Json write(double value);
  static double read(const Json& json);
};

struct Count {
  static Json write(std::uint64_t value);
  static std::uint64_t read(const Json& json);
};

struct OptionalCount {
  static Json write(const std::optional<std::uint64_t>& value);
  static std::optional<std::uint64_t> read(const Json& json);
};

inline constexpr Text text;
inline constexpr Moment moment;
inline constexpr Number number;
inline constexpr Count count;
inline constexpr OptionalCount optional_count;
inline constexpr Names iris = {""};
inline constexpr Names places = {"iso3166:"};

}  // namespace bailiwick::odrl

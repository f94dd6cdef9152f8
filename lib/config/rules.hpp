// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "lib/core/text.hpp"

namespace bailiwick {

// What a schema says of a key, besides its type. A rule is called with the value, or with each item
// of a list, and returns what is wrong with it, or nothing. Bounds are members (minimum,
// exclusive_maximum, ...), so that SchemaWriter finds them.

struct Required {};
/// The key must be given.
inline constexpr Required required;

struct DecidesNoBit {};
/// Whatever it says, the same comes out: it is not part of what a run is (given_by).
inline constexpr DecidesNoBit no_bits;
template <class... Rules>
inline constexpr bool decides_no_bit = (std::is_same_v<Rules, DecidesNoBit> || ...);

/// The key had another name in earlier releases: an error that says the new one.
struct Formerly {
  const char* name;
  const char* list = nullptr;  ///< of YamlReader::either: the name of the list
};
inline Formerly formerly(const char* name, const char* list = nullptr) {
  return {name, list};
}

/// The key counts in some cases alone; in others it is an error for this `reason`, and not written.
struct OnlyIf {
  bool applies;
  std::string reason;
  std::string condition;  ///< the reason, in words for who has not met it
};
inline OnlyIf only_if(bool applies, const std::string& reason, const std::string& condition = "") {
  return {applies, reason, condition.empty() ? reason : condition};
}

/// The condition among these rules, or nullptr.
template <class... Rules>
const OnlyIf* condition_of(const Rules&... rules) {
  const OnlyIf* found = nullptr;
  [[maybe_unused]] const auto look = [&found](const auto& rule) {
    if constexpr (std::is_convertible_v<decltype(&rule), const OnlyIf*>) found = &rule;
  };
  (look(rules), ...);
  return found;
}
/// A tag that asks nothing of a value.
template <class Rule>
concept SaysNothingOfValues =
    std::is_same_v<Rule, Required> || std::is_same_v<Rule, DecidesNoBit> ||
    std::is_same_v<Rule, Formerly> || std::is_same_v<Rule, OnlyIf>;

/// The condition that keeps a key out; nullptr: it counts.
template <class... Rules>
const OnlyIf* exclusion(const Rules&... rules) {
  const OnlyIf* condition = condition_of(rules...);
  return condition == nullptr || condition->applies ? nullptr : condition;
}

struct IsPath {
  bool or_input = false;
};
/// Relative paths are resolved: in a file against its folder, after --set against the current one.
inline constexpr IsPath is_path;
/// The same, and "-" is standard input.
inline constexpr IsPath is_path_or_input{true};

/// One of a closed list of words.
struct OneOf {
  std::vector<std::string> words;
  std::vector<std::string> elsewhere = {};  ///< words that are right in other cases

  std::string operator()(const std::string& word) const {
    if (std::find(words.begin(), words.end(), word) != words.end()) return "";
    std::vector<std::string> shown = words;
    std::ranges::replace(shown, std::string(), "\"\"");
    return fmt::format("unknown value \"{}\"; allowed: {}{}", word, join(shown),
                       did_you_mean(word, words));
  }
};
template <class... Words>
OneOf one_of(const Words&... words) {
  return {{words...}};
}

struct AtLeast {
  double minimum;
  std::string operator()(double value) const {
    return value >= minimum ? "" : fmt::format("{} is too small: at least {}", value, minimum);
  }
};
inline AtLeast at_least(double bound) {
  return {bound};
}

struct AtMost {
  double maximum;
  std::string operator()(double value) const {
    return value <= maximum ? "" : fmt::format("{} is too large: at most {}", value, maximum);
  }
};
inline AtMost at_most(double bound) {
  return {bound};
}

/// Of the file's format.
struct IsVersion {
  int version;
  std::string operator()(int found) const {
    return found == version ? "" : fmt::format("this release reads version {}", version);
  }
};

/// How every file begins.
template <class Visitor>
void key_version(Visitor& v) {
  int version = 1;
  v.key("version", version, "Version of this format.", required, IsVersion{1});
}

struct Positive {
  static constexpr double exclusive_minimum = 0;
  std::string operator()(double value) const {
    return value > 0 ? "" : fmt::format("{} is not greater than 0", value);
  }
};
inline constexpr Positive positive;

struct Fraction {
  static constexpr double minimum = 0, exclusive_maximum = 1;
  std::string operator()(double value) const {
    return value >= 0 && value < 1 ? "" : fmt::format("{} is not at least 0 and below 1", value);
  }
};
inline constexpr Fraction a_fraction;

struct NonEmpty {
  template <class T>
  requires requires(const T& value) {
    { value.empty() } -> std::same_as<bool>;
  }
  std::string operator()(const T& value) const { return value.empty() ? "must not be empty" : ""; }
};
inline constexpr NonEmpty non_empty;

/// No item of a list twice.
struct Distinct {
  template <class T>
  std::string operator()(const std::vector<T>& items) const {
    for (auto item = items.begin(); item != items.end(); ++item)
      if (std::find(items.begin(), item, *item) != item)
        return fmt::format("\"{}\" is given twice", *item);
    return "";
  }
};
inline constexpr Distinct distinct;

/// Text of a certain form.
struct Matching {
  bool (*holds)(const std::string&);
  const char* form;

  std::string operator()(const std::string& text) const {
    return holds(text) ? "" : fmt::format("\"{}\" is not {}", text, form);
  }
};

/// A country of ISO 3166-1, alpha-2, with optional subdivision.
struct Jurisdiction {
  std::string operator()(const std::string& code) const;
};
inline constexpr Jurisdiction a_jurisdiction;
/// What is printed shows as it is written: no end of line, nothing that steers a terminal.
extern const Matching one_line;
/// Letters, digits, `-`, `_` and `.`: safe as a file name and in an IRI.
extern const Matching a_file_name;

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/site.hpp"

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

// On a mismatch only the last `*` need take one character more, so the time is at most the product
// of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

bool is_jurisdiction(std::string_view code) {
  if (code.size() < 2 || !is_upper(code[0]) || !is_upper(code[1])) return false;
  if (code.size() == 2) return true;
  if (code[2] != '-' || code.size() < 4 || code.size() > 6) return false;
  for (const char c : code.substr(3))
    if (!is_upper(c) && !is_digit(c)) return false;
  return true;
}

bool lies_in(const std::string& place, const std::string& area) {
  return !area.empty() && (place == area || place.starts_with(area + "-"));
}

void check_jurisdiction(const std::string& code, const std::string& where) {
  if (!is_jurisdiction(code))
    throw Error(ExitCode::config,
                "{}: \"{}\" is not an ISO 3166 code; write two capital letters and, if wanted, a "
                "subdivision: DE, US-NC",
                where, code);
}

std::string Site::place_of(const std::string& node) const {
  std::string place, from;
  for (const auto& [pattern, jurisdiction] : nodes) {
    if (!matches(pattern, node)) continue;
    if (!place.empty() && place != jurisdiction)
      throw Error(ExitCode::policy,
                  "site {}: node {} lies in {} by \"{}\" and in {} by \"{}\"; a node lies in one "
                  "place",
                  name, node, place, from, jurisdiction, pattern);
    place = jurisdiction;
    from = pattern;
  }
  return place;
}

}  // namespace bailiwick

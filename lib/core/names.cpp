// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace bailiwick {

namespace {

/// A code point and how many bytes it takes; of an invalid byte `valid` is false.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes, true};
}

bool is_shown(char32_t code) {
  const auto within = [&](char32_t first, char32_t last) { return code >= first && code <= last; };
  return !(within(0, 0x1F) || within(0x7F, 0x9F) ||      // controls
           within(0x2028, 0x202E) ||                     // ends of lines; directions
           within(0x2066, 0x2069) || code == 0x061C ||   // directions
           code == 0x200E || code == 0x200F ||           // directions
           code == 0xFEFF || within(0xE0000, 0xE007F));  // nothing that is seen
}

std::string escaped(std::string_view text, bool lines) {
  std::string result;
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.valid && (is_shown(c.code) || (lines && c.code == '\n')))
      result += text.substr(0, c.bytes);
    else if (c.valid && (c.code == '\n' || c.code == '\t'))
      result += c.code == '\n' ? "\\n" : "\\t";
    else if (c.valid)
      result += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c.code));
    else
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    text.remove_prefix(c.bytes);
  }
  return result;
}

}  // namespace

bool is_file_name(std::string_view name) {
  constexpr std::size_t longest = 200;  // so that file systems take it with what we add
  return !name.empty() && name.size() <= longest && name.front() != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!c.valid) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!c.valid || !is_shown(c.code)) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

std::string printable(std::string_view text) {
  return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, true);
}

std::string escape_markup(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text))
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  return escaped;
}

}  // namespace bailiwick

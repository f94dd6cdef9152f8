// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/c_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t most_columns = 100;

/// Of C99 and C++20, and macros that compilers or <math.h> bring along.
constexpr auto reserved = std::to_array<std::string_view>(
    {"alignas",      "alignof",   "and",      "and_eq",       "asm",
     "auto",         "bitand",    "bitor",    "bool",         "break",
     "case",         "catch",     "char",     "char8_t",      "char16_t",
     "char32_t",     "class",     "co_await", "co_return",    "co_yield",
     "compl",        "concept",   "const",    "const_cast",   "consteval",
     "constexpr",    "constinit", "continue", "decltype",     "default",
     "delete",       "do",        "double",   "dynamic_cast", "else",
     "enum",         "explicit",  "export",   "extern",       "false",
     "float",        "for",       "friend",   "goto",         "if",
     "inline",       "int",       "long",     "mutable",      "namespace",
     "new",          "noexcept",  "not",      "not_eq",       "nullptr",
     "operator",     "or",        "or_eq",    "private",      "protected",
     "public",       "register",  "requires", "restrict",     "return",
     "short",        "signed",    "sizeof",   "static",       "static_assert",
     "static_cast",  "struct",    "switch",   "template",     "this",
     "thread_local", "throw",     "true",     "try",          "typedef",
     "typeid",       "typename",  "union",    "unsigned",     "using",
     "virtual",      "void",      "volatile", "wchar_t",      "while",
     "xor",          "xor_eq",    "linux",    "unix",         "reinterpret_cast",
     "NAN",          "INFINITY",  "HUGE_VAL", "DOMAIN",       "SING",
     "OVERFLOW",     "UNDERFLOW", "PLOSS",    "TLOSS",        "HUGE"});

/// Lines of words that are not taken apart: `begin` before the first, `next` before the others.
std::string filled(std::span<const std::string> words, const std::string& begin,
                   const std::string& next) {
  std::string text = begin;
  std::size_t length = begin.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && length + 1 + words[i].size() > most_columns) {
      text += '\n' + next;
      length = next.size();
    } else if (i > 0) {
      text += ' ';
      ++length;
    }
    text += words[i];
    length += words[i].size();
  }
  return text;
}

std::string array(const char* type, const std::string& name, std::vector<std::string> literals) {
  for (std::size_t i = 0; i + 1 < literals.size(); ++i)
    literals[i] += ',';
  const std::string head = fmt::format("  static const {}{}[{}] = {{", type, name, literals.size());
  std::string all = head + filled(literals, "", "") + "};\n";
  if (all.size() <= most_columns + 1 && all.find('\n') == all.size() - 1) return all;
  return head + '\n' + filled(literals, "      ", "      ") + "};\n";
}

template <class T>
std::vector<std::string> literals_of(std::span<const T> values) {
  std::vector<std::string> literals;
  for (const T value : values)
    literals.push_back(c_number(value));
  return literals;
}

/// 3 would be a whole number.
std::string with_point(std::string digits) {
  return digits.find_first_of(".e") == digits.npos ? digits + ".0" : digits;
}

}  // namespace

std::string CNames::identifier(std::string_view name) {
  std::string id;
  for (const char c : name)
    id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (id.empty() || std::isalpha(static_cast<unsigned char>(id[0])) == 0) id = "x" + id;
  if (std::ranges::find(reserved, id) != reserved.end()) id += '_';
  std::string free = id;
  for (int i = 2; !taken_.insert(free).second; ++i)
    free = fmt::format("{}_{}", id, i);
  return free;
}

std::string c_number(double value) {
  if (std::isinf(value)) return value < 0 ? "-INFINITY" : "INFINITY";
  return std::isnan(value) ? "NAN" : with_point(round_trip(value));
}

std::string c_number(float value) {
  return std::isfinite(value) ? with_point(fmt::format("{}", value)) + "F"
                              : c_number(double{value});
}

std::string c_string(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?')  // ??/ is a trigraph
      (literal += '\\') += c;
    else if (byte < 0x20 || byte >= 0x7f)  // three octal digits end by themselves
      literal += fmt::format("\\{:03o}", byte);
    else
      literal += c;
  }
  return literal + '"';
}

std::string c_array(const std::string& name, std::span<const double> values) {
  return array("double ", name, literals_of(values));
}

std::string c_array(const std::string& name, std::span<const float> values) {
  return array("float ", name, literals_of(values));
}

std::string c_array(const std::string& name, std::span<const std::string> values) {
  std::vector<std::string> literals;
  for (const std::string& value : values)
    literals.push_back(c_string(value));
  return array("char *const ", name, std::move(literals));
}

std::string c_lines(std::string_view code, const std::string& begin, const std::string& next) {
  std::vector<std::string> words(1);
  for (const char c : code)
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  return filled(words, begin, next);
}

std::string c_comment(std::string_view text, const std::string& begin, const std::string& next) {
  std::string harmless;
  for (const char c : printable(text)) {
    const char before = harmless.empty() ? '\0' : harmless.back();
    if ((before == '*' && c == '/') || (before == '/' && c == '*') || (before == '?' && c == '?'))
      harmless += '_';
    harmless += c == '\\' ? '/' : c;  // at the end of a line it would go on
  }
  return c_lines(harmless, begin, next);
}

}  // namespace bailiwick

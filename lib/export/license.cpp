// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/export/license.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/names.hpp"

namespace bailiwick {

namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_identifier(std::string_view word) {
  return !word.empty() && is_letter_or_digit(word.front()) &&
         std::ranges::all_of(
             word, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; }) &&
         word != "AND" && word != "OR" && word != "WITH";
}

/// Words and parentheses.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    std::size_t length = text.find_first_of(" ()");
    if (length == 0 && text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    if (length == 0) length = 1;
    words.push_back(text.substr(0, length));
    text.remove_prefix(words.back().size());
  }
  return words;
}

/// SPDX 2.3, annex D: identifiers, perhaps WITH an exception, between AND, OR and parentheses.
bool is_expression(const std::vector<std::string_view>& words) {
  int depth = 0;
  bool wants_license = true;  // or a parenthesis before one
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (!wants_license) {
      if (word == ")" && --depth < 0) return false;
      if (word == ")") continue;
      if (word != "AND" && word != "OR") return false;
      wants_license = true;
    } else if (word == "(") {
      ++depth;
    } else {
      if (const std::size_t colon = word.find(':');
          word.starts_with("DocumentRef-") && colon != std::string_view::npos) {
        if (!is_identifier(word.substr(0, colon))) return false;
        word.remove_prefix(colon + 1);
        if (!word.starts_with("LicenseRef-")) return false;
      }
      if (word.ends_with('+')) word.remove_suffix(1);
      if (!is_identifier(word)) return false;
      if (i + 1 < words.size() && words[i + 1] == "WITH") {
        i += 2;
        if (i >= words.size() || !is_identifier(words[i])) return false;
      }
      wants_license = false;
    }
  }
  return !wants_license && depth == 0;
}

bool has_web_form(std::string_view text) {
  for (const std::string_view begin : {"https://", "http://"})
    if (text.starts_with(begin))
      return text.size() > begin.size() && is_letter_or_digit(text[begin.size()]) &&
             text == percent_encoded(text, ":/?#[]@!$&'()*+,;=%");
  return false;
}

}  // namespace

bool License::is_url() const {
  return has_web_form(text);
}

std::string License::iri() const {
  if (is_url()) return text;
  return is_identifier(text) && !text.starts_with("LicenseRef-")
             ? "https://spdx.org/licenses/" + text
             : "";
}

License license_from(const std::string& text) {
  if (!has_web_form(text) && !is_expression(words_of(text)))
    throw Error(ExitCode::usage,
                "--license: \"{}\" is no licence: write an identifier or expression of SPDX, such "
                "as CC-BY-4.0 or \"MIT OR Apache-2.0\", or a URL",
                printable(text));
  return {text};
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/iri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace bailiwick {

namespace {

std::string lower(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = std::tolower(static_cast<unsigned char>(c));
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// Escapes of unreserved characters undone, the others in capital letters; what is not ASCII is
/// escaped (RFC 3987, section 3.1).
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0) {
      const auto c = static_cast<unsigned char>(text[i]);
      result += c < 0x80 ? std::string(1, text[i]) : fmt::format("%{:02X}", c);
      continue;
    }
    const auto c = static_cast<unsigned char>(16 * high + low);
    if (std::isalnum(c) != 0 ||
        std::string_view("-._~").find(static_cast<char>(c)) != std::string::npos)
      result += static_cast<char>(c);
    else
      for (const char digit : text.substr(i, 3))
        result += static_cast<char>(std::toupper(static_cast<unsigned char>(digit)));
    i += 2;
  }
  return result;
}

bool is_alphanumeric(unsigned char c) {  // of ASCII, whatever the locale
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Names between dots, with a dot at the end or without, and a port. All else that programs take
/// for a host (who asks there, escapes, letters that look like a dot) has several readings.
bool is_web_authority(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(std::min(colon + 1, text.size()));
  if (port.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (host.ends_with('.')) host.remove_suffix(1);
  bool label = false;
  for (const char c : host) {
    if (c == '.' && !label) return false;
    label = c != '.';
    if (label && c != '-' && !is_alphanumeric(static_cast<unsigned char>(c))) return false;
  }
  return label;
}

/// What stands after the scheme of http and https.
bool is_web_address(std::string_view rest) {
  if (!rest.starts_with("//")) return false;
  rest.remove_prefix(2);
  return is_web_authority(rest.substr(0, rest.find_first_of("/?#")));
}

/// Of what comes after the scheme: `//` in a path is, to most servers, `/`.
std::string with_single_slashes(const std::string& iri) {
  const std::size_t from = iri.find("://");
  if (from == std::string::npos) return iri;
  std::string result = iri.substr(0, from + 3);
  for (const char c : iri.substr(from + 3))
    if (c != '/' || !result.ends_with('/')) result += c;
  return result;
}

std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = path.find('/', 1);
    const std::string_view part = path.substr(0, end);
    if (part == "/..") {
      if (!parts.empty()) parts.pop_back();
    } else if (part != "/.") {
      parts.push_back(part);
    }
    path.remove_prefix(part.size());
  }
  std::string result;
  for (const std::string_view part : parts)
    result += part;
  return result;
}

}  // namespace

bool is_iri(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto scheme_character = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  };
  const std::string scheme = lower(text.substr(0, colon));
  if ((scheme == "http" || scheme == "https") &&
      !is_web_address(std::string_view(text).substr(colon + 1)))
    return false;
  return std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     scheme_character) &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) {
           return c <= ' ' || c == 0x7f ||
                  std::string_view("<>\"{}|\\^`").find(c) != std::string::npos;
         });
}

std::string normalised_iri(const std::string& iri) {
  const std::size_t colon = iri.find(':');
  if (colon == std::string::npos) return iri;
  std::string scheme = lower(iri.substr(0, colon));
  if (scheme == "http") scheme = "https";
  std::string rest = unescaped(std::string_view(iri).substr(colon + 1));
  if (!rest.starts_with("//")) {
    if (scheme == "urn") {  // its namespace has no case (RFC 8141)
      const std::size_t end = std::min(rest.find(':'), rest.size());
      rest = lower(rest.substr(0, end)) + rest.substr(end);
    }
    if (scheme == "mailto") {
      const std::size_t at = std::min(rest.find('@'), rest.size());
      rest = rest.substr(0, at) + lower(rest.substr(at));
    }
    return scheme + ":" + rest;
  }
  const std::size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
  std::string host = lower(rest.substr(2, end - 2));
  host.erase(0, host.rfind('@') + 1);  // who asks there says nothing about whose it is
  if (host.ends_with(":443") || host.ends_with(":80")) host.erase(host.rfind(':'));
  while (host.ends_with('.') || host.ends_with(':'))  // a root, a port that is not there
    host.pop_back();
  const std::size_t query = std::min(rest.find_first_of("?#", end), rest.size());
  std::string path = without_dots(std::string_view(rest).substr(end, query - end));
  while (path.ends_with('/'))
    path.pop_back();
  return scheme + "://" + host + path + rest.substr(query);
}

bool may_lie_in(const std::string& iri, const std::string& area) {
  const auto plain = [](const std::string& text) {
    return with_single_slashes(lower(normalised_iri(text)));
  };
  const std::string one = plain(iri), all = plain(area);
  if (!one.starts_with(all)) return false;
  return one.size() == all.size() ||
         std::string_view("/?#:;%").find(one[all.size()]) != std::string::npos;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/problems.hpp"

#include <fmt/format.h>

#include "lib/core/instant.hpp"
#include "lib/domain/site.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"

namespace bailiwick {

void PolicyProblems::purposes(const std::vector<std::string>& purposes, const std::string& key) {
  distinct(purposes, key);
  for (const std::string& purpose : purposes)
    check(is_purpose(purpose), key,
          fmt::format("\"{}\" is not {}", purpose, purpose_form(purpose)));
}

void PolicyProblems::places(const std::vector<std::string>& codes, const std::string& key) {
  distinct(codes, key);
  for (const std::string& code : codes)
    check(is_jurisdiction(code), key,
          fmt::format("\"{}\" is not {}", code, jurisdiction_form(code)));
}

void PolicyProblems::iris(const std::vector<std::string>& names, const std::string& key) {
  distinct(names, key);
  for (const std::string& name : names)
    check(is_iri(name), key, fmt::format("\"{}\" is not {}", name, iri_form));
}

void PolicyProblems::moment(const std::string& text, const std::string& key) {
  check(parse_instant(text).has_value(), key,
        fmt::format("\"{}\" is not a date and time with zone such as 2026-01-31T00:00:00Z", text));
}

void PolicyProblems::key_id(const std::string& id, const std::string& key) {
  check(id.empty() || is_key_id(id), key,
        "must be the id of a key, 64 hexadecimal digits as keygen prints it");
}

bool is_key_id(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace bailiwick

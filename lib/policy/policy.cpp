// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy.hpp"

#include <algorithm>
#include <cctype>

#include "lib/core/text.hpp"
#include "lib/domain/site.hpp"
#include "lib/policy/instant.hpp"

namespace bailiwick {

namespace {

// RFC 3987 as far as it matters here: a scheme, something after it, nothing that ends an IRI.
bool is_iri(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto scheme_character = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  };
  return std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     scheme_character) &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) {
           return c <= ' ' || c == 0x7f ||
                  std::string_view("<>\"{}|\\^`").find(c) != std::string::npos;
         });
}

bool is_target(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_.*").find(c) != std::string::npos;
  });
}

template <class T>
bool all_different(const std::vector<T>& items) {
  for (auto item = items.begin(); item != items.end(); ++item)
    if (std::find(items.begin(), item, *item) != item) return false;
  return true;
}

}  // namespace

std::string to_string(Action action) {
  for (const auto& [candidate, word] : action_words)
    if (candidate == action) return word;
  throw Error(ExitCode::bug, "an action without a word");
}

Action action_from_string(const std::string& word, const std::string& where) {
  std::vector<std::string> allowed;
  for (const auto& [action, candidate] : action_words) {
    if (word == candidate) return action;
    allowed.push_back(candidate);
  }
  throw Error(ExitCode::config, "{}: unknown action \"{}\"; allowed: {}{}", where, word,
              join(allowed), did_you_mean(word, allowed));
}

bool is_purpose(const std::string& text) {
  if (!is_iri(text)) return false;
  return text.starts_with("dpv:") || text.starts_with("DUO:") || text.starts_with("urn:") ||
         text.find("://") != std::string::npos;
}

std::vector<PolicyProblem> problems_of(const Policy& policy) {
  std::vector<PolicyProblem> problems;
  const auto check = [&](bool holds, const std::string& key, const std::string& message) {
    if (!holds) problems.push_back({key, message});
  };
  const auto list = [&](const auto& items, const std::string& key) {
    check(!items.empty(), key, "must name at least one");
    check(all_different(items), key, "names one twice");
  };
  check(is_iri(policy.uid), "uid", fmt::format("\"{}\" is not an absolute IRI", policy.uid));
  check(!policy.owner.empty(), "owner", "must not be empty");
  check(is_target(policy.target), "target",
        fmt::format("\"{}\" is not a pattern of letters, digits, \"-\", \"_\", \".\" and \"*\"",
                    policy.target));
  list(policy.actions, "permit");
  list(policy.purposes, "purposes");
  for (const std::string& purpose : policy.purposes)
    check(is_purpose(purpose), "purposes", fmt::format("\"{}\" is not {}", purpose, purpose_form));
  list(policy.jurisdictions, "where");
  for (const std::string& code : policy.jurisdictions)
    check(is_jurisdiction(code), "where",
          fmt::format("\"{}\" is not an ISO 3166 code such as DE or US-NC", code));
  const auto from = parse_instant(policy.valid_from);
  const auto until = parse_instant(policy.valid_until);
  const auto date = [&](bool holds, const std::string& key, const std::string& text) {
    check(
        holds, key,
        fmt::format("\"{}\" is not a date and time with zone such as 2026-01-31T00:00:00Z", text));
  };
  date(from.has_value(), "valid.from", policy.valid_from);
  date(until.has_value(), "valid.until", policy.valid_until);
  check(!from || !until || *from < *until, "valid.until", "not later than valid.from");
  check(policy.minimum_parties >= 1, "minimum.parties", "must be at least 1");
  check(policy.minimum_rows >= 1, "minimum.rows", "must be at least 1");
  return problems;
}

}  // namespace bailiwick

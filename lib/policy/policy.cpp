// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "lib/core/instant.hpp"
#include "lib/core/names.hpp"
#include "lib/domain/site.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"

namespace bailiwick {

namespace {

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

bool is_key_id(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

namespace {

/// Collects what is wrong, with the key that says it.
class Problems {
 public:
  void check(bool holds, const std::string& key, const std::string& message) {
    if (!holds) list_.push_back({key, message});
  }
  template <class T>
  void distinct(const std::vector<T>& items, const std::string& key) {
    check(all_different(items), key, "names one twice");
  }
  void purposes(const std::vector<std::string>& purposes, const std::string& key) {
    distinct(purposes, key);
    for (const std::string& purpose : purposes)
      check(is_purpose(purpose), key,
            fmt::format("\"{}\" is not {}", purpose, purpose_form(purpose)));
  }
  void places(const std::vector<std::string>& codes, const std::string& key) {
    distinct(codes, key);
    for (const std::string& code : codes)
      check(is_jurisdiction(code), key,
            fmt::format("\"{}\" is not {}", code, jurisdiction_form(code)));
  }
  void iris(const std::vector<std::string>& names, const std::string& key) {
    distinct(names, key);
    for (const std::string& name : names)
      check(is_iri(name), key, fmt::format("\"{}\" is not {}", name, iri_form));
  }
  void date(const std::string& text, const std::string& key) {
    check(
        parse_instant(text).has_value(), key,
        fmt::format("\"{}\" is not a date and time with zone such as 2026-01-31T00:00:00Z", text));
  }
  void key_id(const std::string& id, const std::string& key) {
    check(id.empty() || is_key_id(id), key,
          "must be the id of a key, 64 hexadecimal digits as keygen prints it");
  }
  std::vector<PolicyProblem> take() { return std::move(list_); }

 private:
  std::vector<PolicyProblem> list_;
};

bool is_registry(const std::string& text) {
  const std::filesystem::path path(text);
  return path.is_absolute() && path == path.lexically_normal() &&
         std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

std::vector<PolicyProblem> problems_of(const Policy& policy) {
  Problems problems;
  problems.iris({policy.uid}, "uid");
  problems.check(!policy.owner.empty(), "owner", "must not be empty");
  problems.check(is_printable(policy.owner), "owner", "must be one line of text");
  problems.check(
      is_target(policy.target), "target",
      fmt::format("\"{}\" is not a pattern of letters, digits, \"-\", \"_\", \".\" and \"*\"",
                  policy.target));
  problems.check(!policy.actions.empty(), "permit", "must name at least one");
  problems.distinct(policy.actions, "permit");
  problems.check(!policy.purposes.empty(), "purposes", "must name at least one");
  problems.purposes(policy.purposes, "purposes");
  problems.check(!policy.jurisdictions.empty(), "where", "must name at least one");
  problems.places(policy.jurisdictions, "where");
  problems.key_id(policy.site_key, "site_key");
  for (std::size_t i = 0; i < policy.partners.size(); ++i)
    problems.key_id(policy.partners[i], fmt::format("partners.{}", i));
  problems.check(std::ranges::find(policy.partners, "") == policy.partners.end(), "partners",
                 "names an empty one");
  problems.distinct(policy.partners, "partners");
  problems.key_id(policy.trust, "trust");
  problems.check(policy.registry.empty() || is_registry(policy.registry), "registry",
                 fmt::format("\"{}\" is not the absolute path of a folder, without \".\", \"..\" "
                             "and control characters",
                             policy.registry));
  problems.check(policy.registry.empty() || policy.serial > 0, "serial",
                 "must be given with a registry, which holds the policy with the highest");
  problems.iris(policy.recipients, "recipients");
  for (const std::string& kind : policy.kinds)
    problems.check(std::ranges::find(model_kinds, kind) != model_kinds.end(), "kinds",
                   fmt::format("\"{}\" is not one of {}", kind, fmt::join(model_kinds, ", ")));
  problems.distinct(policy.kinds, "kinds");
  problems.date(policy.valid_from, "valid.from");
  problems.date(policy.valid_until, "valid.until");
  const auto from = parse_instant(policy.valid_from), until = parse_instant(policy.valid_until);
  problems.check(!from || !until || *from < *until, "valid.until", "not later than valid.from");
  problems.check(policy.minimum_parties >= 1, "minimum.parties", "must be at least 1");
  problems.check(policy.minimum_rows >= 1, "minimum.rows", "must be at least 1");
  problems.check(policy.minimum_partner_rows >= 1, "minimum.partner_rows", "must be at least 1");
  problems.check(policy.minimum_contributors >= 1, "minimum.contributors", "must be at least 1");
  for (std::size_t i = 0; i < policy.prohibitions.size(); ++i) {
    const Prohibition& prohibition = policy.prohibitions[i];
    const std::string key = fmt::format("forbid.{}", i);
    problems.check(prohibition != Prohibition(), key,
                   "forbids everything; name an action, purposes, places or recipients");
    problems.purposes(prohibition.purposes, key + ".purposes");
    problems.places(prohibition.jurisdictions, key + ".where");
    problems.iris(prohibition.recipients, key + ".recipients");
  }
  problems.distinct(policy.prohibitions, "forbid");
  if (!policy.duties.inform.empty()) problems.iris({policy.duties.inform}, "duties.inform");
  if (!policy.duties.delete_by.empty()) problems.date(policy.duties.delete_by, "duties.delete_by");
  return problems.take();
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

/// Who else's rows may be in the same sums. Both empty: anybody's.
struct Partners {
  std::vector<std::string>
      partners;       ///< ids of keys: every other owner has signed with these alone
  std::string trust;  ///< id of the key of who may sign a list of such keys

  bool operator==(const Partners&) const = default;

  void keys(auto& v) {
    v.key("partners", partners,
          "Ids of keys: every other owner has signed with these alone. Default: anybody.",
          non_empty);
    v.key("trust", trust, "Id of the key that signs a list of such keys. Default: none does.",
          non_empty);
  }
  void odrl(auto& o) {
    o.optional_constraint(
        {"bw:partner", "The public keys (their SHA-256) of the other owners that take part.", 2},
        "isAllOf", partners, odrl::Names{"urn:bailiwick:key:"});
    o.optional_constraint(
        {"bw:trust",
         "SHA-256 of the public key under which a list of other owners' keys may be "
         "signed.",
         2},
        "eq", trust, odrl::text);
  }

  void check(PolicyProblems& problems) const {
    for (std::size_t i = 0; i < partners.size(); ++i)
      problems.key_id(partners[i], fmt::format("partners.{}", i));
    problems.check(!contains(partners, ""), "partners", "names an empty one");
    problems.distinct(partners, "partners");
    problems.key_id(trust, "trust");
  }

  Clauses clauses(const AccessRequest& request) const {
    if (!request.sums_cross || request.partners.empty())
      return {{"partners", true, "no other owner in this run"}};
    const bool limited = !partners.empty() || !trust.empty();
    std::vector<std::string> domains, strangers;
    for (const Partner& partner : request.partners) {
      domains.push_back(partner.domain);
      const bool known = std::ranges::all_of(partner.keys, [&](const std::string& key) {
        return contains(partners, key) ||
               (!trust.empty() && trust == request.trust && contains(request.trusted, key));
      });
      if (limited && (!known || partner.keys.empty())) strangers.push_back(partner.domain);
    }
    if (!limited) return {{"partners", true, join(domains) + " (permitted: anybody)"}};
    if (strangers.empty()) return {{"partners", true, join(domains)}};
    return {{"partners", false,
             fmt::format("{} (permitted: owners with {} keys{})", join(strangers), partners.size(),
                         trust.empty()            ? std::string()
                         : trust != request.trust ? ", or in a list signed by " + trust +
                                                        "; this run names none by that key"
                                                  : ", or in the list signed by " + trust)}};
  }
};

}  // namespace bailiwick::terms

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>

#include "lib/domain/site.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

/// Where rows may be computed on, and whom to believe where that is.
struct Places {
  std::vector<std::string> jurisdictions;  ///< ISO 3166
  std::string site_key;  ///< id of the key that must sign the site file; empty: none must

  bool operator==(const Places&) const = default;

  void keys(auto& v) {
    v.key("where", jurisdictions,
          "Where the rows may be computed on: countries of ISO 3166, or parts of them.", required);
    v.key("site_key", site_key,
          "Id of the key that signed the site file. Default: any site is believed.", non_empty);
  }
  void odrl(auto& o) {
    o.constraint({"spatial"}, "isAnyOf", jurisdictions, odrl::places);
    o.optional_constraint({"bw:siteKey",
                           "SHA-256 of the public key under which the file that says where "
                           "nodes lie is signed."},
                          "eq", site_key, odrl::text);
  }

  void check(PolicyProblems& problems) const {
    problems.check(!jurisdictions.empty(), "where", "must name at least one");
    problems.places(jurisdictions, "where");
    problems.key_id(site_key, "site_key");
  }

  Clauses clauses(const AccessRequest& request) const {
    std::set<std::string> inside, outside;
    for (const std::string& here : request.places) {
      const bool allowed =
          !here.empty() && std::ranges::any_of(jurisdictions, [&](const std::string& area) {
            return lies_in(here, area);
          });
      (allowed ? inside : outside).insert(here.empty() ? "a node in no declared place" : here);
    }
    const std::set<std::string>& named = outside.empty() ? inside : outside;
    const std::vector<std::string> places(named.begin(), named.end());
    return {
        {"place", outside.empty() && !inside.empty(),
         fmt::format("{} (permitted: {})", places.empty() ? "no place is named" : join(places),
                     join(jurisdictions))},
        {"site", site_key.empty() || site_key == request.site_key,
         fmt::format(
             "{} ({})", request.site_key.empty() ? "not signed" : "signed by " + request.site_key,
             site_key.empty() ? "any site file is accepted" : "required: signed by " + site_key)}};
  }
};

}  // namespace bailiwick::terms

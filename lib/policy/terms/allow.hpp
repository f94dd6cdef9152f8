// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>

#include "lib/policy/terms/term.hpp"

namespace bailiwick {

/// What may happen besides what every fit needs. All default to no.
struct Allowances {
  bool two_parties = false, unmasked_sums = false, exact_release = false;
  bool unstratified_survival = false, per_domain_statistics = false;

  bool operator==(const Allowances&) const = default;
};

namespace terms {

/// One thing that may be allowed: a key of `allow`, a permission of its own in ODRL, and a clause.
struct Allowance {
  bool Allowances::*allowed;
  const char *key, *sentence;
  const char *term, *definition;  ///< of ODRL
  const char* rule;
  bool (*asked)(const AccessRequest& request);
};

inline constexpr std::array allowances = {
    Allowance{&Allowances::two_parties, "two_parties",
              "Runs of two owners, in which each can compute the other's sums.",
              "sum_of_two_parties",
              "The computation may have two domains, each of which can compute the other's sums.",
              "two parties", [](const AccessRequest& r) { return r.sums_cross && r.parties == 2; }},
    Allowance{&Allowances::unmasked_sums, "unmasked_sums",
              "The domain's own sums may be seen by the others, or follow from what is told.",
              "release_unmasked_sums", "This domain's own sums may be seen by the others.",
              "unmasked sums", [](const AccessRequest& r) { return r.unmasked; }},
    Allowance{&Allowances::exact_release, "exact_release",
              "Release without noise for privacy. Without it only runs with noise release anything "
              "(privacy).",
              "release_exact", "What is released needs no noise for privacy.", "exact release",
              [](const AccessRequest& r) { return r.exact; }},
    Allowance{
        &Allowances::unstratified_survival, "unstratified_survival",
        "Event counts and risk-set sums on a public grid of times (Cox, strata: none; survival).",
        "release_unstratified_survival",
        "Event counts and risk-set sums on a public time grid may cross.", "unstratified survival",
        [](const AccessRequest& r) { return r.unstratified_survival; }},
    Allowance{&Allowances::per_domain_statistics, "per_domain_statistics",
              "The domain's own metrics may be shown to all.", "release_per_domain_statistics",
              "This domain's own metrics may be shown to all.", "per-domain statistics",
              [](const AccessRequest& r) { return r.per_domain_statistics; }}};

struct Allow {
  Allowances allow;

  bool operator==(const Allow&) const = default;

  void keys(auto& v) {
    v.section("allow", "What may happen besides what every fit needs.", [&](auto& s) {
      for (const Allowance& one : allowances)
        s.key(one.key, allow.*one.allowed, one.sentence);
    });
  }

  Clauses clauses(const AccessRequest& request) const {
    Clauses all;
    for (const Allowance& one : allowances) {
      const bool asked = one.asked(request), allowed = allow.*one.allowed;
      all.push_back({one.rule, allowed || !asked,
                     fmt::format("{} ({})", asked ? "asked for" : "not asked for",
                                 allowed ? "allowed" : "not allowed")});
    }
    return all;
  }
};

}  // namespace terms

}  // namespace bailiwick

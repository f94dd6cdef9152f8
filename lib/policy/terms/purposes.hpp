// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/purposes.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

struct Purposes {
  std::vector<std::string> purposes;  ///< and what is narrower

  bool operator==(const Purposes&) const = default;

  void keys(auto& v) {
    v.key("purposes", purposes,
          "What for: terms of DPV or DUO, or IRIs of your own; each covers what is narrower.",
          required);
  }
  void odrl(auto& o) { o.constraint({"purpose"}, "isAnyOf", purposes, odrl::iris); }

  void check(PolicyProblems& problems) const {
    problems.check(!purposes.empty(), "purposes", "must name at least one");
    problems.purposes(purposes, "purposes");
  }

  Clauses clauses(const AccessRequest& request) const {
    const bool within = std::ranges::any_of(purposes, [&](const std::string& permitted) {
      return is_within(request.purpose, permitted);
    });
    return {{"purpose", within,
             fmt::format("{} (permitted: {})",
                         request.purpose.empty() ? "no purpose is named" : request.purpose,
                         join(purposes))}};
  }
};

}  // namespace bailiwick::terms

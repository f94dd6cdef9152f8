// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/instant.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

/// RFC 3339 with zone.
struct Validity {
  std::string valid_from, valid_until;

  bool operator==(const Validity&) const = default;

  void keys(auto& v) {
    v.section("valid", "When the terms hold: date and time with zone.", [&](auto& s) {
      s.key("from", valid_from, "From this moment on, e.g. 2026-01-01T00:00:00Z.", required);
      s.key("until", valid_until, "Before this moment.", required);
    });
  }
  void odrl(auto& o) {
    o.constraint({"dateTime"}, "gteq", valid_from, odrl::moment);
    o.constraint({"dateTime"}, "lt", valid_until, odrl::moment);
  }

  void check(PolicyProblems& problems) const {
    problems.moment(valid_from, "valid.from");
    problems.moment(valid_until, "valid.until");
    const auto from = parse_instant(valid_from), until = parse_instant(valid_until);
    problems.check(!from || !until || *from < *until, "valid.until", "not later than valid.from");
  }

  Clauses clauses(const AccessRequest& request) const {
    const auto now = parse_instant(request.now);
    const auto from = parse_instant(valid_from), until = parse_instant(valid_until);
    return {{"valid from", now && from && *now >= *from,
             fmt::format("{} (now {})", valid_from, request.now)},
            {"valid until", now && until && *now < *until,
             fmt::format("{} (now {})", valid_until, request.now)}};
  }
};

}  // namespace bailiwick::terms

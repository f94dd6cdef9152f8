// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

/// What output checkers hold results to, at least, before they leave (docs/check-output.md).
struct Disclosure {
  std::uint64_t minimum_count = 0;  ///< rows, or events, behind any number; 0: as the checker says
  std::uint64_t minimum_freedom = 0;  ///< rows of a model less its parameters; likewise

  bool operator==(const Disclosure&) const = default;

  void keys(auto& v) {
    v.section("disclosure", "What output checkers hold results to, at least.", [&](auto& s) {
      s.key("count", minimum_count,
            "Rows, or events, behind any number that is told. 0: as check-output has it, 10.");
      s.key("freedom", minimum_freedom,
            "Rows of a model less its parameters. 0: as check-output has it, 10.");
    });
  }
  void odrl(auto& o) {
    o.optional_constraint(
        {"bw:disclosureCount", "How many rows, or events, any number that leaves is made of.", 3},
        "gteq", minimum_count, odrl::count);
    o.optional_constraint(
        {"bw:disclosureFreedom", "How many rows a model that leaves has more than parameters.", 3},
        "gteq", minimum_freedom, odrl::count);
  }

  /// A run is not asked: what it left is judged, by check-output.
  Clauses clauses(const AccessRequest&) const { return {}; }
};

}  // namespace bailiwick::terms

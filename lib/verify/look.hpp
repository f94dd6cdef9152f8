// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/failure.hpp"
#include "lib/core/text.hpp"
#include "lib/verify/verified_chain.hpp"

namespace bailiwick {

/// Runs one look and records how it went: what throws does not hold.
template <class Look>
void look(Verification& result, const std::string& what, const Look& body) {
  try {
    const bool holds = body();
    result.findings.push_back(
        {holds, what + (holds ? "" : ": differs from what the lineage says")});
  } catch (...) {
    result.findings.push_back({false, what + ": " + caught_error().what()});
  }
}

/// The same of one that gives all that does not hold.
template <class Look>
void look_for_problems(Verification& result, const std::string& what, const Look& body) {
  look(result, what, [&] {
    const std::vector<std::string> problems = body();
    if (!problems.empty()) throw Error(ExitCode::integrity, "{}", join(problems, "; "));
    return true;
  });
}

inline bool claims_digest(const Claims& claims, const std::string& name, const Digest& digest) {
  const auto claim = claims.find(name);
  return claim != claims.end() && claim->second.sha256 == digest;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/policy/gate.hpp"

namespace bailiwick {

/// What a domain's policy, and the rules that need all domains' manifests, say to a run.
struct Verdict {
  std::string domain;
  std::vector<Clause> clauses;
  bool admitted() const;
};

/// As decisions.json and access logs have them, and from rank to rank.
Json to_json(const std::vector<Clause>& clauses);
/// Throws ExitCode::data naming `what` if a member is missing.
std::vector<Clause> clauses_from_json(const Json& list, const std::string& what);

}  // namespace bailiwick

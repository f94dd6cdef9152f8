// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy.hpp"

#include "lib/core/names.hpp"
#include "lib/policy/iri.hpp"

namespace bailiwick {

std::vector<PolicyProblem> problems_of(const Policy& policy) {
  PolicyProblems problems;
  problems.iris({policy.uid}, "uid");
  problems.check(!policy.owner.empty(), "owner", "must not be empty");
  problems.check(is_printable(policy.owner), "owner", "must be one line of text");
  for_each_term(policy, [&](const auto& term) {
    if constexpr (requires { term.check(problems); }) term.check(problems);
  });
  return problems.take();
}

}  // namespace bailiwick

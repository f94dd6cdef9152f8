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
  // An exact release costs more than any budget has.
  const bool budget = policy.privacy.epsilon > 0;
  problems.check(!budget || !policy.allow.exact_release, "allow.exact_release",
                 "cannot stand beside a budget of privacy, which it would spend without end");
  problems.check(!budget || !policy.registry.empty(), "registry",
                 "must be given with a budget of privacy, which is counted there");
  return problems.take();
}

}  // namespace bailiwick

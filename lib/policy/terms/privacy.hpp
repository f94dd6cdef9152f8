// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "lib/policy/terms/term.hpp"
#include "lib/privacy/renyi.hpp"

namespace bailiwick {

/// Differential privacy of one unit's rows, replaced by any others.
struct PrivacyTerms {
  double epsilon = 0;  ///< that all runs together may cost; 0: none may run with noise
  double delta = 1e-6;
  std::optional<std::uint64_t> colluders;  ///< other domains that may be in league; none: all
  std::uint64_t unit_rows = 0;             ///< rows of a unit that a run may use; 0: any number

  bool operator==(const PrivacyTerms&) const = default;
};

template <class Visitor>
void schema(Visitor& v, PrivacyTerms& terms) {
  v.key("epsilon", terms.epsilon,
        "What all runs with noise may cost together, counted in the registry. 0: there are none.",
        at_least(0));
  v.key("delta", terms.delta, "How likely that may fail.", positive, a_fraction);
  v.key("colluders", terms.colluders,
        "So many other domains may tell each other what they know; default: all of them.");
  v.key("unit_rows", terms.unit_rows, "Most rows of a unit that a run may use. 0: any number.");
}

namespace terms {

struct Privacy {
  PrivacyTerms privacy;

  bool operator==(const Privacy&) const = default;

  void keys(auto& v) {
    v.key("privacy", privacy, "What may leave with noise, and what it may tell of one unit.");
  }
  void odrl(auto& o) {
    o.optional_constraint(
        {"bw:epsilon", "Differential privacy: what all computations may cost together.", 3}, "lteq",
        privacy.epsilon, odrl::number);
    o.optional_constraint({"bw:delta", "Differential privacy: how likely that may fail.", 3},
                          "lteq", privacy.delta, odrl::number, PrivacyTerms().delta);
    o.optional_constraint(
        {"bw:colluders", "How many other domains may tell each other what they know.", 3}, "gteq",
        privacy.colluders, odrl::optional_count);
    o.optional_constraint(
        {"bw:unitRows", "How many rows of one unit a computation uses at most.", 3}, "lteq",
        privacy.unit_rows, odrl::count);
  }

  void check(PolicyProblems& problems) const {
    problems.check(privacy.epsilon >= 0, "privacy.epsilon", "must be at least 0");
    problems.check(privacy.delta > 0 && privacy.delta < 1, "privacy.delta",
                   "must be between 0 and 1");
    problems.check(privacy.epsilon > 0 || privacy == PrivacyTerms(), "privacy.epsilon",
                   "must be above 0 where anything else of privacy is said");
  }

  /// Only asked of runs with noise.
  Clauses clauses(const AccessRequest& request) const {
    if (!request.privacy) return {};
    const PrivacyRequest& asked = *request.privacy;
    if (privacy.epsilon == 0)
      return {{"privacy", false, "the policy has no budget (privacy.epsilon)"},
              {"privacy budget", false, "none"}};
    const PrivacyFilter filter(privacy.epsilon, privacy.delta);
    const bool few_rows = privacy.unit_rows == 0 || asked.unit_rows <= privacy.unit_rows;
    return {
        {"privacy", few_rows && filter.allows(RenyiLoss::none(), asked.loss),
         fmt::format("epsilon {} at delta {}, {} row{} of a unit (at most: epsilon {} at delta "
                     "{}{})",
                     asked.epsilon, asked.delta, asked.unit_rows, asked.unit_rows == 1 ? "" : "s",
                     privacy.epsilon, privacy.delta,
                     privacy.unit_rows == 0 ? "" : fmt::format(", {} rows", privacy.unit_rows))},
        {"privacy budget", asked.budget_problem.empty() && filter.allows(asked.spent, asked.loss),
         asked.budget_problem.empty()
             ? fmt::format("{:.1f} % spent before this run, which asks for {:.1f} %",
                           100 * filter.share_spent(asked.spent),
                           100 * filter.share_spent(asked.loss))
             : asked.budget_problem}};
  }
};

}  // namespace terms

}  // namespace bailiwick

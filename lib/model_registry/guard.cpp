// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/guard.hpp"

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/model_registry/signed_evaluation.hpp"

namespace bailiwick {

Json demand_no_worse(const PromotionGuard& guard, const ModelRegistry& registry,
                     const ModelVersion& candidate, const ModelVersion& in_use) {
  const bool more = demand_more_is_better(guard.metric);
  const std::vector<PublicKey> keys = keys_of_evaluations(registry, guard.keys);
  const SignedEvaluation now = read_evaluation(guard.evaluation, keys, candidate);
  const SignedEvaluation before = read_evaluation(guard.beside, keys, in_use);
  demand_models(now, {});
  demand_models(before, in_use.routes);
  demand_same_rows(now, before);
  std::vector<std::string> parts = domains_of(now.said);
  if (parts != domains_of(before.said))
    throw Error(ExitCode::data,
                "{} and {}: only one of them has domains' own measures, or of other domains; "
                "evaluate both models with the same evaluate.per_domain",
                now.path, before.path);
  const std::size_t domains = parts.size();
  parts.insert(parts.begin(), "");
  std::vector<std::string> worse;
  for (const std::string& domain : parts) {
    const std::string whose = domain.empty() ? "overall" : "domain " + domain;
    const auto value = measure_in(now, guard.metric, domain);
    const auto than = measure_in(before, guard.metric, domain);
    if (value.has_value() != than.has_value() || (domain.empty() && !value))
      throw Error(ExitCode::data, "{}: {}: {} is not defined there, or in {}", now.path, whose,
                  guard.metric, before.path);
    if (!value) continue;
    const double loss = more ? *than - *value : *value - *than;
    if (loss > guard.tolerance)
      worse.push_back(fmt::format("{}: {} {} instead of {}, worse by {}", whose, guard.metric,
                                  round_trip(*value), round_trip(*than), round_trip(loss)));
  }
  if (!worse.empty())
    throw Error(
        ExitCode::verdict,
        "{}: is worse than {}, which is in use, by more than {}, and was not promoted:\n  {}",
        candidate.name, in_use.name, round_trip(guard.tolerance), join(worse, "\n  "));
  return {{"metric", guard.metric},       {"more_is_better", more},
          {"tolerance", guard.tolerance}, {"split", fact_text(now.said, "split")},
          {"domains", domains},           {"evaluation", now.sha256.hex()},
          {"beside", before.sha256.hex()}};
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/routes.hpp"

#include "lib/core/error.hpp"
#include "lib/folder/facts.hpp"
#include "lib/model_registry/signed_evaluation.hpp"

namespace bailiwick {

Json chosen_routes(const RouteRule& rule, const ModelRegistry& registry,
                   const ModelVersion& version) {
  const bool more = demand_more_is_better(rule.metric);
  const std::vector<PublicKey> keys = keys_of_evaluations(registry, rule.keys);
  const SignedEvaluation own = read_evaluation(rule.regional, keys, version);
  const SignedEvaluation common = read_evaluation(rule.common, keys, version);
  if (!fact_holds(own.said, "regional"))
    throw Error(ExitCode::data, "--regional {}: was made without evaluate.regional", own.path);
  demand_models(common, {});
  demand_same_rows(own, common);
  const std::map<std::string, Digest> models = models_of(own);
  const std::vector<std::string> domains = domains_of(own.said);
  if (domains.empty() || models.empty())
    throw Error(ExitCode::data,
                "--regional {}: tells no domain's own measures; evaluate with evaluate.per_domain, "
                "which every policy must allow",
                own.path);
  Json chosen = Json::object();
  for (const std::string& domain : domains) {
    const auto value = measure_in(own, rule.metric, domain);
    const auto than = measure_in(common, rule.metric, domain);
    if (!value || !than) continue;
    const double gain = more ? *value - *than : *than - *value;
    if (gain > 0 && gain >= rule.gain) chosen[domain] = models.at(domain).hex();
  }
  return {{"metric", rule.metric},
          {"more_is_better", more},
          {"gain", rule.gain},
          {"split", fact_text(own.said, "split")},
          {"domains", domains.size()},
          {"regional", own.sha256.hex()},
          {"common", common.sha256.hex()},
          {"models", std::move(chosen)}};
}

}  // namespace bailiwick

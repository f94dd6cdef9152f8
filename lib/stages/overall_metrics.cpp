// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/overall_metrics.hpp"

#include <span>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/scorecard.hpp"
#include "lib/stages/shared_metrics.hpp"

namespace bailiwick {

std::vector<Aggregate> evaluation_parts(Run& run, const std::vector<UsedModel>& models,
                                        const EvaluateConfig& how, const ModelRows& rows) {
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < rows.domains.size(); ++d)
    parts.push_back(Scorecard(models[d].model, how).add(rows.domains[d], d, run.boundary()));
  return parts;
}

Json overall_metrics(Run& run, const SavedModel& common, const std::vector<UsedModel>& models,
                     const EvaluateConfig& how, const ModelRows& rows,
                     std::vector<Aggregate> parts) {
  if (run.boundary().contributors() > 1 && run.domains().size() > 1)
    return shared_metrics(models, how, rows, std::move(parts), run.boundary(), common.parameters);
  const Aggregate total =
      run.boundary().across_domains("evaluation", std::move(parts), common.parameters);
  return Scorecard(common, how).metrics(total, models, rows.domains, [&](auto finer) {
    return run.boundary().across_domains("scores of the evaluation", std::move(finer),
                                         common.parameters);
  });
}

Json domain_metrics(Run& run, const UsedModel& model, const EvaluateConfig& how,
                    const ModelRows& rows, std::size_t d, Aggregate part) {
  const auto within = [&](std::vector<Aggregate> parts) {
    run.boundary().within_domain(d, parts.front());
    return std::move(parts.front());
  };
  return Scorecard(model.model, how)
      .metrics(within({std::move(part)}), {&model, 1}, std::span(rows.domains).subspan(d, 1),
               within);
}

}  // namespace bailiwick

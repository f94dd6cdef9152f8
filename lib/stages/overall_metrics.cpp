// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/overall_metrics.hpp"

#include <span>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/model/metrics/metrics.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/merge_bins.hpp"
#include "lib/stages/scorecard.hpp"
#include "lib/stages/shared_metrics.hpp"

namespace bailiwick {

EvaluationSums evaluation_sums(Run& run, const SavedModel& common,
                               const std::vector<UsedModel>& models, const EvaluateConfig& how,
                               const ModelRows& rows) {
  EvaluationSums sums;
  for (std::size_t d = 0; d < rows.domains.size(); ++d)
    sums.parts.push_back(Scorecard(models[d].model, how).add(rows.domains[d], d, run.boundary()));
  if (common.config.kind->response(common.config) != kernels::Response::probability) return sums;
  CalibrationCells cells{static_cast<std::size_t>(how.calibration_bins), {}};
  std::vector<Aggregate> counted;
  for (std::size_t d = 0; d < rows.domains.size(); ++d)
    counted.push_back(count_calibration_rows(
        rows.domains[d].rows,
        kind_of(models[d].model.config).predictor(models[d].model, rows.domains[d].rows),
        cells.bins));
  cells.starts =
      merge_bins(run, calibration_round, cells.bins, std::move(counted), common.parameters);
  for (Aggregate& part : sums.parts)
    part = merge_calibration(part, cells);
  sums.calibration = cells.starts;
  return sums;
}

Json overall_metrics(Run& run, const SavedModel& common, const std::vector<UsedModel>& models,
                     const EvaluateConfig& how, const ModelRows& rows, EvaluationSums sums) {
  if (run.boundary().contributors() > 1 && run.domains().size() > 1)
    return shared_metrics(run, models, how, rows, std::move(sums.parts), common.parameters);
  const Aggregate total =
      run.boundary().across_domains("evaluation", std::move(sums.parts), common.parameters);
  // All bits of one row's score may tell its features to who knows the model.
  if (any_minimum(run)) return Scorecard(common, how).metrics(total, sums.calibration);
  return Scorecard(common, how)
      .metrics(total, models, rows.domains, sums.calibration, [&](auto finer) {
        return run.boundary().across_domains("scores of the evaluation", std::move(finer),
                                             common.parameters);
      });
}

Json domain_metrics(Run& run, const UsedModel& model, const EvaluateConfig& how,
                    const ModelRows& rows, std::size_t d, const EvaluationSums& sums) {
  const auto within = [&](std::vector<Aggregate> parts) {
    run.boundary().within_domain(d, parts.front());
    return std::move(parts.front());
  };
  return Scorecard(model.model, how)
      .metrics(within({sums.parts[d]}), {&model, 1}, std::span(rows.domains).subspan(d, 1),
               sums.calibration, within);
}

}  // namespace bailiwick

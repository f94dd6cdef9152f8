// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <utility>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/overall_metrics.hpp"

namespace bailiwick {

/// The measures over all domains, of rows that are standardised, by each local domain's model.
/// Collective.
inline Json measured(Run& run, const UsedModel& used, const std::vector<UsedModel>& models,
                     const ModelRows& rows) {
  EvaluateConfig how = run.config().section<EvaluateConfig>();
  how.regional = false;
  std::vector<std::uint64_t> held;
  for (const LoadedRows& domain : rows.domains)
    held.push_back(domain.selected);
  run.boundary().hold_rows(std::move(held));
  return overall_metrics(run, used.model, models, how, rows,
                         evaluation_sums(run, used.model, models, how, rows));
}

}  // namespace bailiwick

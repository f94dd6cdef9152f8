// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/objective.hpp"

#include <algorithm>

#include "lib/kinds/cox/cox.hpp"
#include "lib/kinds/glm/glm.hpp"

namespace bailiwick {

namespace {

std::vector<double> penalty_of(const ModelConfig& model, const ModelColumns& columns) {
  std::vector<double> penalty(parameter_names(columns).size(), model.l2);
  if (columns.intercept)
    for (std::size_t i = 0; i < penalty.size(); i += columns.columns())
      penalty[i] = 0;
  return penalty;
}

}  // namespace

std::unique_ptr<Objective> make_objective(const ModelConfig& model, const ModelColumns& columns,
                                          const ModelRows& rows, Sums& sums) {
  if (model.kind == ModelKind::cox) {
    CoxOptions options;
    options.ties = model.ties == "breslow" ? Ties::breslow : Ties::efron;
    options.names = columns.names;
    options.penalty = penalty_of(model, columns);
    if (model.strata == Strata::none) options.grid = TimeGrid{model.time_step, model.time_maximum};
    std::vector<SurvivalRows> domains;
    for (const LoadedRows& domain : rows.domains) {
      SurvivalRows survival;
      survival.rows = domain.rows;
      survival.stratum = model.strata == Strata::partition
                             ? domain.partition
                             : std::vector<std::size_t>(domain.partition.size(), 0);
      survival.strata = model.strata == Strata::partition ? domain.partitions : 1;
      domains.push_back(std::move(survival));
    }
    return make_cox_objective(std::move(domains), std::move(options), sums);
  }
  GlmOptions options;
  options.family = family_of(model.kind);
  options.classes = std::max<std::size_t>(2, columns.categories.size());
  options.names = parameter_names(columns);
  options.penalty = penalty_of(model, columns);
  std::vector<kernels::RowBlocks> domains;
  for (const LoadedRows& domain : rows.domains)
    domains.push_back(domain.rows);
  return make_glm_objective(std::move(domains), std::move(options), sums);
}

kernels::Family family_of(ModelKind kind) {
  switch (kind) {
    case ModelKind::linear:
      return kernels::Family::gaussian;
    case ModelKind::logistic:
      return kernels::Family::binomial;
    case ModelKind::poisson:
      return kernels::Family::poisson;
    case ModelKind::multinomial:
      return kernels::Family::multinomial;
    case ModelKind::cox:
    case ModelKind::mlp:
      break;
  }
  throw Error(ExitCode::bug, "internal error: not a GLM; please report this");
}

std::vector<std::string> parameter_names(const ModelColumns& columns) {
  if (columns.categories.empty()) return columns.names;
  std::vector<std::string> names;
  for (std::size_t k = 1; k < columns.categories.size(); ++k)
    for (const std::string& name : columns.names)
      names.push_back(columns.categories[k] + ":" + name);
  return names;
}

}  // namespace bailiwick

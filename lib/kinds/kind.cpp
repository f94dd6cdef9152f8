// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/kind.hpp"

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

Predictor Kind::predictor(const SavedModel& model, const kernels::RowBlocks& rows) const {
  return kernels::linear_predictor(rows, model.parameters,
                                   std::max<std::size_t>(2, model.categories.size()) - 1);
}

std::vector<std::string> Kind::coefficient_names(const SavedModel& model) const {
  if (model.categories.size() <= 2) return model.names;
  std::vector<std::string> names;
  for (std::size_t k = 1; k < model.categories.size(); ++k)
    for (const std::string& name : model.names)
      names.push_back(model.categories[k] + ":" + name);
  return names;
}

kernels::InverseLink Kind::inverse_link(const ModelConfig& model) const {
  const kernels::FamilyMembers* members = family(model);
  ensure(members != nullptr, "a model of one mean has a family");
  return members->inverse_link;
}

double Kind::mean(const ModelConfig& model, double eta) const {
  const kernels::FamilyMembers* members = family(model);
  ensure(members != nullptr, "a model of one mean has a family");
  return members->mean(eta);
}

double Kind::public_centre(const SavedModel& model) const {
  return model.config.intercept ? model.parameters.front() : 0.0;
}

Likelihood Kind::likelihood(const ModelConfig&, const ModelColumns&, const ModelRows&,
                            const ColumnMoments&, Sums&) const {
  throw Error(ExitCode::bug, "internal error: a kind without a likelihood; please report this");
}

void Kind::write(const SavedModel&, Json&, io::Checkpoint&) const {}

void Kind::read(const Json&, const io::Checkpoint&, const std::string&, SavedModel&) const {}

bool has_robust_errors(const ModelConfig& model) {
  const bool cox = model.kind->response(model) == kernels::Response::hazard;
  const bool too_small =
      model.weighs_classes() || (model.weights && !model.counts_weights() &&
                                 (cox || model.weight_type == WeightType::sampling));
  return !model.kind->network &&
         (model.errors == Errors::robust || model.cluster != Cluster::none ||
          (model.errors == Errors::automatic && too_small && model.l2 == 0));
}

std::vector<std::string> parameter_names(const ModelColumns& columns) {
  if (columns.categories.empty()) return columns.names;
  std::vector<std::string> names;
  for (std::size_t k = 1; k < columns.categories.size(); ++k)
    for (const std::string& name : columns.names)
      names.push_back(columns.categories[k] + ":" + name);
  return names;
}

std::vector<double> penalty_of(const ModelConfig& model, const ModelColumns& columns,
                               const ColumnMoments& moments) {
  std::vector<double> penalty(parameter_names(columns).size(), model.l2 * moments.mean_weight());
  for (std::size_t i = 0; i < penalty.size(); ++i) {
    const std::size_t column = i % columns.columns();
    if (columns.intercept && column == 0) penalty[i] = 0;
    // Without standardisation columns are only brought to order: the penalty is of raw ones.
    if (model.standardise == Standardisation::none)
      penalty[i] *= moments.scale[column] * moments.scale[column];
  }
  return penalty;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/model/objective.hpp"

namespace bailiwick {

struct GlmOptions {
  kernels::Family family = kernels::family<kernels::Gaussian>;
  std::size_t classes = 2;         ///< multinomial only
  std::vector<std::string> names;  ///< of the parameters, as glm_parameters counts them
  std::vector<double>
      penalty;             ///< lambda_j of 1/2 sum lambda_j theta_j^2, one a parameter; 0 = none
  bool intercept = false;  ///< the first column is one
  std::vector<double> scale = {};  ///< the columns were multiplied with; empty: they were not
  double mean_weight = 1;          ///< of the rows
  double target_size = 0;          ///< root mean square of a target that has a unit; 0: ordinary
  double start = 0;                ///< of the intercept
  double shape = 0;                ///< negative_binomial only: what it stays at
};

/// GLM over the rows of this rank's domains (one RowBlocks a domain, held until
/// the objective is destroyed). Each evaluation is one round of `sums`.
std::unique_ptr<Objective> make_glm_objective(std::vector<kernels::RowBlocks> domains,
                                              GlmOptions options, Sums& sums);

/// Of such a model the one of its intercept alone: rows without columns but one of ones, and
/// options for it.
std::vector<kernels::RowBlocks> intercept_alone(std::vector<kernels::RowBlocks> domains);
GlmOptions of_intercept(GlmOptions options);

/// Its log-likelihood, beside the offsets, where no formula tells it; without an intercept, that of
/// the offsets alone. Some rounds. Collective over the world.
double null_log_likelihood(std::vector<kernels::RowBlocks> domains, const GlmOptions& options,
                           Sums& sums);

/// A row's score with respect to a shape, from its target and predictor.
using ShapeScore = std::function<double(double y, double eta)>;

/// Scores of this rank's rows, by cluster, with that of a shape last, if there is one. Columns are
/// numbers: where there are clusters, no level is read as a code.
ClusterScores cluster_scores(const kernels::RowBlocks& rows, const kernels::GlmPoint& at,
                             std::span<const std::uint32_t> cluster,
                             const ShapeScore& of_shape = {});

}  // namespace bailiwick

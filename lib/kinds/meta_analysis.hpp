// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/kinds/fitted_file.hpp"
#include "lib/model/summary.hpp"

namespace bailiwick {

/// What several models that were fitted apart say of one coefficient together, by inverse variance;
/// 95 % intervals are normal.
struct PooledCoefficient {
  std::string name;
  std::vector<std::size_t> models;         ///< that have it
  Coefficient fixed;                       ///< one effect is common to all
  Coefficient random;                      ///< effects vary about a mean (DerSimonian & Laird 1986)
  double q = 0, freedom = 0, p_value = 0;  ///< Cochran's test that they do not
  double i_squared = 0, tau_squared = 0;   ///< share of Q beyond its mean; variance of effects
};

/// Whether the model has standard errors to weigh it by.
bool has_errors(const FittedFile& fitted);

/// Every coefficient that a model has, in the order in which they come up. All have errors. Throws
/// ExitCode::data naming what differs between the models, or two that are the same.
std::vector<PooledCoefficient> pool_models(std::span<const FittedFile> models);

}  // namespace bailiwick

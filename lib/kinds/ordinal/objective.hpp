// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "lib/kinds/glm/glm.hpp"

namespace bailiwick {

/// The likelihood of a proportional-odds model (McCullagh, JRSS B 42, 1980): P(y <= k) =
/// 1 / (1 + e^(eta - zeta_k)), in the coefficients of eta and, after them, the ascending
/// thresholds zeta, one fewer than categories. The information is the observed one. `options`:
/// names, penalty, … of all of them. `thresholds`: where a solver starts.
std::unique_ptr<Objective> make_proportional_odds(std::vector<kernels::RowBlocks> domains,
                                                  GlmOptions options,
                                                  std::vector<double> thresholds, Sums& sums);

/// log P(y = k) of a row with that predictor.
double log_probability(std::size_t k, double eta, std::span<const double> thresholds);

}  // namespace bailiwick

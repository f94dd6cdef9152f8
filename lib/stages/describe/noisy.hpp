// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

/// What a description with noise releases, once each: rows in cells, and sums of numbers and
/// squares.
NoisePlan description_noise(const RunConfig& config);

/// What it asks for.
struct NoisyDescription {
  std::string split;
  std::vector<double> probabilities;             ///< of quantiles
  std::vector<std::vector<std::string>> tables;  ///< pairs of categories
};

/// Rows, means, deviations, histograms over declared ranges and the quantiles that follow from
/// them, frequencies and contingency tables, from noisy sums: as description.json has them. One
/// round. Collective. Throws ExitCode::config for a category that does not exist.
Json describe_with_noise(Run& run, const NoisyDescription& how);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "lib/stages/scorecard.hpp"

namespace bailiwick {

class Run;

/// In which domains see that bins of a calibration table have rows enough.
inline constexpr const char* calibration_round = "domains with too few rows in bins of calibration";

/// The metrics of all domains together where a policy asks for a minimum of contributors: from sums
/// which are each empty, or of that many domains at least. Counts are added up until they are; the
/// area under the ROC curve is that of cells of its bins. A measure that cannot be had so is null,
/// and "left_out" says why. `parts`: of each of this rank's domains, with the scorecard of its
/// model. Collective over the world; ExitCode::policy if no measure is left.
Json shared_metrics(Run& run, const std::vector<UsedModel>& models, const EvaluateConfig& how,
                    const ModelRows& rows, std::vector<Aggregate> parts,
                    std::span<const double> parameters);

}  // namespace bailiwick

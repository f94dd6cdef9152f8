// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace bailiwick {

/// Cumulative hazard of a row of one stratum whose columns, as they are fitted, and offset are 0:
/// after each time.
struct BaselineHazard {
  std::vector<double> time, hazard;
  std::vector<std::string> levels{};  ///< the stratum's, of each category of model.cox.strata_by
};

}  // namespace bailiwick

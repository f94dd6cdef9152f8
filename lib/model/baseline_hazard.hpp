// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

namespace bailiwick {

/// Cumulative hazard of a row whose columns, as they are fitted, and offset are 0: after each time.
struct BaselineHazard {
  std::vector<double> time, hazard;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/data/load_rows.hpp"

namespace bailiwick {

class Run;

/// How declared ranges bring columns and target to one size: (x - centre) scale lies between -1 and
/// 1. Of rows nothing is asked.
struct DeclaredScale {
  std::vector<double> centre, scale;  ///< one a column; of an indicator, and the intercept: 0, 1
  double target_centre = 0, target_half = 1;  ///< of a target that is a mean; others stay
};

/// Throws ExitCode::config naming what has no declared range, or is made of others.
DeclaredScale declared_scale(const ModelConfig& model, const ModelColumns& columns,
                             const Schema& schema);

/// The rows of `split` of each local domain, in such units, for sums of which nobody may learn
/// whether a unit is in them: no count crosses, and no value of a row ends the run. A number beyond
/// its declared range counts as the range's end, one that is none as its middle; a target that is
/// none leaves its row out, and so do those of a unit beyond its first `unit_rows`. Collective.
std::vector<kernels::RowBlocks> load_private_rows(Run& run, const ModelConfig& model,
                                                  const ModelColumns& columns,
                                                  const DeclaredScale& scale,
                                                  const std::string& split,
                                                  std::uint64_t unit_rows);

}  // namespace bailiwick

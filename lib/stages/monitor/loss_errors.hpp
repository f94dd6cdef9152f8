// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>

#include "lib/stages/monitor/samples.hpp"

namespace bailiwick {

/// How far measures that are means over rows may be off by chance, by their names: standard errors
/// of clusters (or of rows, if each is its own), sqrt(sum_c (L_c - n_c m)^2) / n of losses L_c in
/// each and their mean m; of a root by the delta method. None of counted trials. One round.
/// Collective over the world.
std::map<std::string, double> loss_errors(Run& run, const SavedModel& model, const Samples& samples,
                                          const Predictions& predictions, std::size_t sample);

}  // namespace bailiwick

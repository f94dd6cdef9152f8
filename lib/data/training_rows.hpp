// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/model_rows.hpp"

namespace bailiwick {

/// The rows of the config's train.split, the weight of each multiplied with that of its target's
/// category: as model.class_weights says, or, balanced, n / (classes * rows of that category) for
/// the n rows of non-zero weight, as scikit-learn has it: then one more round, of rows of each
/// category. All groups that a fit tells of obey the policies' minimums (rare_groups.hpp).
/// Collective.
/// Throws, besides what load_model_rows does, ExitCode::data for a category that no row has, if
/// balanced, and for a target that is a proportion.
ModelRows load_training_rows(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

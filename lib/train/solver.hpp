// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "lib/data/model_rows.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// Loads the libraries that the config's method needs, before a RunRecord lists those of the
/// process. Collective.
void load_solver(Run& run);

/// The model that make_solver() ends with, of which nothing is written. Collective.
SavedModel fit_model(Run& run, const ModelColumns& columns);

/// Newton's method or PETSc TAO on the likelihood of a kind of one linear predictor. Collective.
std::unique_ptr<Method> make_solver(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

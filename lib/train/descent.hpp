// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "lib/data/model_rows.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// The model that make_descent() ends with, of which nothing is written. Collective.
SavedModel fit_network(Run& run, const ModelColumns& columns);

/// Exact synchronous training of a network: a step is the sum over all domains. Collective.
std::unique_ptr<Method> make_descent(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

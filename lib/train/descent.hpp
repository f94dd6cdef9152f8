// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <span>

#include "lib/data/model_rows.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// Told after each epoch: the parameters, and the sum of its steps' learning rates. Collective.
using AfterEpoch = std::function<void(std::span<const double> parameters, double rates)>;

/// The model that make_descent() ends with, of which nothing is written. Collective.
SavedModel fit_network(Run& run, const ModelColumns& columns, const AfterEpoch& after = {});

/// Exact synchronous training of a network: a step is the sum over all domains. Collective.
std::unique_ptr<Method> make_descent(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

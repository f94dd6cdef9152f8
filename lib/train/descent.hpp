// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "lib/data/model_rows.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// Exact synchronous training of a network: a step is the sum over all domains. Collective.
std::unique_ptr<Method> make_descent(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

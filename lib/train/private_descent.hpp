// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "lib/data/columns.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// What a network's training with noise releases: a gradient a step, of units drawn by chance.
NoisePlan descent_noise(const RunConfig& config);

/// Descent along noisy sums of rows' shortened gradients (DP-SGD: Abadi et al. 2016, arXiv
/// 1607.00133; docs/privacy.md): as many steps as the config says, whatever they find. Collective.
std::unique_ptr<Method> make_private_descent(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "lib/data/columns.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// What Newton's method with noise releases: score and information, once a step.
NoisePlan newton_noise(const RunConfig& config);

/// Newton's method on noisy sums (docs/privacy.md): steps that nothing but these decides, as many
/// as the config says. Collective.
std::unique_ptr<Method> make_private_newton(Run& run, const ModelColumns& columns);

}  // namespace bailiwick

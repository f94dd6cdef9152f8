// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/kinds/network/architecture.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/model/metrics/metrics.hpp"

namespace bailiwick {

Architecture architecture_of(const SavedModel& model);

/// Outputs of a network for standardised rows, in the units of the target, where metrics take the
/// linear predictor of a GLM: of several classes the first is the reference, so each other's log
/// odds against it.
Predictor network_predictor(const SavedModel& model, const kernels::RowBlocks& rows);

}  // namespace bailiwick

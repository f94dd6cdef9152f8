// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/config/run_config.hpp"
#include "lib/model/metrics.hpp"
#include "lib/model/network.hpp"
#include "lib/stages/model_rows.hpp"
#include "lib/stages/saved_model.hpp"

namespace bailiwick {

/// The network that a config's layers and loss describe. `outputs`: classes of cross_entropy,
/// else 1.
Architecture architecture_of(const MlpConfig& mlp, std::size_t inputs, std::size_t outputs);
NetworkLoss loss_of(const MlpConfig& mlp);

/// A model that waits for its parameters.
SavedModel untrained_model(const Run& run, const ModelColumns& columns);

/// Outputs of a network for standardised rows, in the units of the target, where metrics take the
/// linear predictor of a GLM: of several classes the first is the reference, so each other's log
/// odds against it.
Predictor network_predictor(const SavedModel& model, const kernels::RowBlocks& rows);

}  // namespace bailiwick

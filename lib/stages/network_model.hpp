// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/config/run_config.hpp"
#include "lib/model/metrics.hpp"
#include "lib/model/network.hpp"
#include "lib/optim/descent.hpp"
#include "lib/stages/model_rows.hpp"
#include "lib/stages/saved_model.hpp"

namespace bailiwick {

/// The network that a config's layers describe. `classes`: of cross_entropy, else none.
Architecture architecture_of(const MlpConfig& mlp, std::size_t inputs, std::size_t classes);
NetworkLoss loss_of(const MlpConfig& mlp);

DescentOptions descent_options(const TrainConfig& train, std::uint64_t steps_an_epoch);

/// Outputs of a network for standardised rows, in the units of the target, where metrics take the
/// linear predictor of a GLM: of several classes the first is the reference, so each other's log
/// odds against it.
Predictor network_predictor(const SavedModel& model, const kernels::RowBlocks& rows);

}  // namespace bailiwick

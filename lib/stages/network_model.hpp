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

/// The network that a config's layers describe, of these columns.
Architecture architecture_of(const MlpConfig& mlp, const ModelColumns& columns);
Architecture architecture_of(const SavedModel& model);

/// The rows as the network takes them; arguments as kernels::network_rows.
kernels::NetworkRows network_rows(const kernels::RowBlocks& rows,
                                  std::span<const std::size_t> rows_of_block,
                                  const std::vector<EmbeddedCategory>& embeddings);
NetworkLoss loss_of(const MlpConfig& mlp);

DescentOptions descent_options(const TrainConfig& train, std::uint64_t steps_an_epoch);

/// Outputs of a network for standardised rows, in the units of the target, where metrics take the
/// linear predictor of a GLM: of several classes the first is the reference, so each other's log
/// odds against it.
Predictor network_predictor(const SavedModel& model, const kernels::RowBlocks& rows);

}  // namespace bailiwick

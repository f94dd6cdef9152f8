// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/config/run_config.hpp"
#include "lib/model/metrics.hpp"
#include "lib/model/network.hpp"

namespace bailiwick {

/// The network that a config's layers and loss describe. `outputs`: classes of cross_entropy,
/// else 1.
Architecture architecture_of(const MlpConfig& mlp, std::size_t inputs, std::size_t outputs);
NetworkLoss loss_of(const MlpConfig& mlp);

/// Outputs of a network for standardised rows, where metrics take the linear predictor of a GLM:
/// of several classes the first is the reference, so each other's log odds against it.
Predictor network_predictor(const Architecture& architecture, std::span<const double> parameters,
                            const kernels::RowBlocks& rows);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/data/columns.hpp"
#include "lib/kinds/network/network.hpp"
#include "lib/optim/descent.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// The network that a config's layers describe, of these columns.
Architecture architecture_of(const MlpConfig& mlp, const ModelColumns& columns);
/// The same of `columns` columns, indicators of embedded categories included.
Architecture architecture_of(const MlpConfig& mlp, std::size_t columns,
                             const std::vector<EmbeddedCategory>& embeddings, std::size_t classes);

/// The rows as the network takes them; arguments as kernels::network_rows.
kernels::NetworkRows network_rows(const kernels::RowBlocks& rows,
                                  std::span<const std::size_t> rows_of_block,
                                  const std::vector<EmbeddedCategory>& embeddings);
NetworkLoss loss_of(const MlpConfig& mlp);

DescentOptions descent_options(const TrainConfig& train, std::uint64_t steps_an_epoch);

}  // namespace bailiwick

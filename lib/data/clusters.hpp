// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/boundary/sums.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/model/clusters.hpp"

namespace bailiwick {

/// The rows' clusters, as the config asks; of units a domain numbers its own. Collective over each
/// domain.
Clusters find_clusters(const ModelConfig& model, const ModelRows& rows, Sums& sums);

}  // namespace bailiwick

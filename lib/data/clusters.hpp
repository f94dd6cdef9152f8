// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/boundary/sums.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/model/clusters.hpp"

namespace bailiwick {

struct NumberedClusters {
  std::vector<std::uint32_t> of_row;
  std::size_t count = 0;  ///< of the domain, over all its ranks
};

/// Numbers the clusters of the d-th local domain: rows with one name are of one, wherever they lie.
/// `names`: one for each of this rank's rows. Collective over the domain.
NumberedClusters number_clusters(std::span<const std::string> names, std::size_t d, Sums& sums);

/// The rows' clusters, as the config asks; of units a domain numbers its own. Collective over each
/// domain.
Clusters find_clusters(const ModelConfig& model, const ModelRows& rows, Sums& sums);

}  // namespace bailiwick

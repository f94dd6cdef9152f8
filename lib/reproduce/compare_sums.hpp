// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>

#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

/// Of what the domains sent in a run and in the second one, by the tags of both (docs/egress.md).
struct ComparedSums {
  std::size_t compared = 0;  ///< tags that both have
  std::string difference;    ///< the first step with another one: which sums of which domains
};

/// Of a chain of `sessions` in `folder`, and of that which the same stage left in `again`.
ComparedSums compare_sums(const StageChain& chain, const std::string& folder, std::size_t sessions,
                          const std::string& again);

}  // namespace bailiwick

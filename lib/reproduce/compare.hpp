// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/reproduce/compare_sums.hpp"
#include "lib/reproduce/plan.hpp"

namespace bailiwick {

/// What a second run of a stage has in common with the first.
struct Comparison {
  std::vector<std::pair<std::string, Digest>> equal;  ///< artefacts, by name, and what they are
  std::vector<std::string> missing;                   ///< that only the first run says it made
  std::optional<std::string> difference;              ///< the first, in the order of the chain
  bool in_training = false;                           ///< it is there
  ComparedSums sums;                                  ///< of the training
};

/// The artefacts of a chain in `folder` against those that the same stage left in `again`, signed
/// by `keys` and `own`: models and checkpoints by their content, texts by their bytes, what stays
/// with the domains too. What says who allowed it, and how much crossed, is not compared.
void compare_stage(const RecordedStage& recorded, const std::string& folder,
                   const std::vector<PublicKey>& keys, const std::string& again,
                   const PublicKey& own, Comparison& found);

}  // namespace bailiwick

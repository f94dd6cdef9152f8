// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/model_states.hpp"

namespace bailiwick {

/// What a registry of models says of one.
struct Deployments {
  std::string key;                      ///< who began it: a key's id
  std::vector<ModelHistory> histories;  ///< of the names that have it
  std::string failure;                  ///< why nothing is known
};

/// Of the model with this content digest. Throws nothing.
Deployments read_deployments(const std::string& registry, const std::string& digest);

/// Of a name that has it.
const ModelVersion& version_of_digest(const ModelHistory& history, const std::string& digest);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/chain.hpp"

namespace bailiwick {

/// Verifies every lineage in a run's output folder under one of the keys in `key_paths`, and what
/// the statements name beyond the folder: the config against resolved.yaml, and, with `partitions`,
/// the policies and every block of the partitions named there. Not collective, needs no MPI.
Verification verify_run(const std::string& folder, const std::vector<std::string>& key_paths,
                        bool partitions);

}  // namespace bailiwick

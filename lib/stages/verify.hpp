// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/chain.hpp"

namespace bailiwick {

struct RunVerification : Verification {
  /// Files of the folder that no statement speaks of, in the order of their names; what lies in
  /// regions/ is for its own lineages.
  std::vector<std::string> unsigned_files;
};

/// Verifies every lineage in a run's output folder under one of the keys in `key_paths`, and what
/// the statements name beyond the folder: the config against resolved.yaml, the policies, and, with
/// `partitions`, every block of the partitions named there. Without, what cannot be reached of the
/// rest is left out too. A result without lineage does not hold. Not collective, needs no MPI.
RunVerification verify_run(const std::string& folder, const std::vector<std::string>& key_paths,
                           bool partitions);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/lineage/chain.hpp"

namespace bailiwick {

struct RunVerification : Verification {
  /// Files of the folder, and links, that no statement speaks of, in the order of their names, as
  /// they may be shown.
  std::vector<std::string> unsigned_files;
  /// Of each chain of the run: its file, and the digest of its last line.
  std::vector<std::pair<std::string, Digest>> heads;
};

/// Verifies every lineage in a run's output folder under one of the keys in `key_paths`, those in
/// regions/ under the keys of their domains too; that each says what its stage declares, and all
/// are of one run and one model; and what the statements name beyond the folder: the config against
/// resolved.yaml, the policies, and, with `partitions`, every block of the partitions named there.
/// Without, what cannot be reached of the rest is left out too. A result without lineage does not
/// hold, nor a lineage of a format before `oldest`. Not collective, needs no MPI.
RunVerification verify_run(const std::string& folder, const std::vector<std::string>& key_paths,
                           bool partitions, int oldest = 1);

}  // namespace bailiwick

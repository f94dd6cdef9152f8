// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/lineage/chain.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

struct RunVerification : Verification {
  /// Files of the folder, and links, that no statement speaks of, in the order of their names, as
  /// they may be shown.
  std::vector<std::string> unsigned_files;
  /// Of each chain of the run: its file, and the digest of its last line.
  std::vector<std::pair<std::string, Digest>> heads;
  std::vector<std::string> missed;  ///< what was not looked at, and how it would be
};

/// Verifies every lineage in a run's output folder under one of the keys of the options, those in
/// regions/ under the keys of their domains too; that each says what its stage declares, and all
/// are of one run and one model; and what the statements name: the config against resolved.yaml,
/// the owners' policies and manifests in documents/, and every block of the partitions that are in
/// the folders of the options. A result without lineage does not hold, nor a lineage of an older
/// format than the options take. Not collective, needs no MPI.
RunVerification verify_run(const std::string& folder, const VerifyOptions& options);

}  // namespace bailiwick

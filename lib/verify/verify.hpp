// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/verify/options.hpp"
#include "lib/verify/run_verification.hpp"

namespace bailiwick {

/// Verifies every lineage in a run's output folder under one of the keys of the options, those in
/// regions/ under the keys of their domains too; that each says what its stage declares, and all
/// are of one run and one model; and what the statements name: the config against resolved.yaml,
/// the owners' policies and manifests in documents/, and every block of the partitions that are in
/// the folders of the options. A result without lineage does not hold, nor a lineage of an older
/// format than the options take. Not collective, needs no MPI.
RunVerification verify_run(const std::string& folder, const VerifyOptions& options);

/// The same, where all must hold: throws ExitCode::integrity with the first finding that does not.
/// `therefore`: what follows from it, "so nothing was signed".
RunVerification demand_verified(const std::string& folder, const VerifyOptions& options,
                                const char* therefore);

}  // namespace bailiwick

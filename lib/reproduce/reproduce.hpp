// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/runtime/session.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

struct ReproduceOptions {
  std::string folder;          ///< of the run
  std::string output;          ///< of the second one, a new folder
  std::string sign_with;       ///< PEM file: who says so
  std::string from;            ///< a checkpoint in `folder` to go on from; empty: from the start
  std::string to;              ///< one there to go as far as; empty: to the end
  VerifyOptions verification;  ///< keys, and where partitions are

  bool in_part() const { return !from.empty() || !to.empty(); }
};

/// Runs a finished run's stages again, out of what its folder holds and the partitions, on the
/// ranks that are there, and compares every artefact. Writes the second run to the output folder,
/// and beside it a signed SLSA verification summary, reproduction.json (docs/reproduce.md); the
/// first rank prints one sentence. More than one process needs the owners' private keys, which mask
/// sums. Policies are asked as ever, on this machine and now; owners' access logs are not written.
/// Collective. Throws ExitCode::integrity if the folder does not verify, or the first difference;
/// ExitCode::data for a partition that is not found; ExitCode::policy.
void reproduce(Session& session, const ReproduceOptions& options);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/lineage/chain.hpp"

namespace bailiwick {

/// What was found of a bundle, far from the folder that it was made of.
struct BundleFindings {
  std::vector<Finding> findings;
  std::vector<std::string> missed;  ///< what was not looked at, and how it would be
  Json said;                        ///< its manifest

  bool hold() const;
  std::string text() const;  ///< for people
  Json json() const;
};

/// Whether a bundle is as it was signed: every file that the manifest lists and nothing more, each
/// result the end of its chain, passed by the check or accepted by the approval that lies there.
/// `keys` (PEM files): with one of which it must be signed. `approver_keys`: who may check and
/// approve. Throws ExitCode::integrity if there is no manifest or it does not hold, ExitCode::data
/// if there is no such folder. Not collective, needs no MPI.
BundleFindings check_bundle(const std::string& bundle, const std::vector<std::string>& keys,
                            const std::vector<std::string>& approver_keys);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/verify/options.hpp"

namespace bailiwick {

/// What is asked of `bailiwick release` (docs/release.md).
struct ReleaseRequest {
  std::string folder;  ///< the output folder of a run
  std::string bundle;  ///< the folder to make
  std::string by;      ///< who releases; may be empty
  std::string sign_with;
  std::vector<std::string> recipients;  ///< IRIs; none: those that the run named
  std::vector<std::string> files;       ///< results; none: all that may leave
  VerifyOptions verification;           ///< its approver_keys: whose checks and approvals count
};

}  // namespace bailiwick

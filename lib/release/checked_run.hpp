// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>

#include "lib/core/file_lock.hpp"
#include "lib/folder/run_folder.hpp"
#include "lib/release/request.hpp"
#include "lib/verify/run_verification.hpp"

namespace bailiwick {

/// The output folder of a run that holds, kept from jobs that would write there, of which results
/// are to be taken (what_may_leave).
struct CheckedRun {
  /// `therefore`: what follows if it does not hold: "so nothing leaves". Throws ExitCode::integrity
  /// then, ExitCode::data if there is no such folder, it cannot be read, or a job writes there.
  CheckedRun(const ReleaseRequest& request, const char* therefore);

  FileLock lock;
  RunVerification verification;
  RunFolder folder;
  std::set<std::string> vouched;  ///< whose checks and approvals count (vouched_keys)
};

/// Throws ExitCode::usage naming the option `what` if `place` lies in the output folder: there it
/// would be one of the files that nobody speaks of.
void demand_elsewhere(const std::string& place, const std::string& folder, const char* what);

}  // namespace bailiwick

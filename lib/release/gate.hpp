// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>
#include <vector>

#include "lib/disclosure/rules.hpp"
#include "lib/folder/run_folder.hpp"
#include "lib/release/request.hpp"
#include "lib/verify/run_verification.hpp"

namespace bailiwick {

/// A result that may leave, and why.
struct Leaving {
  const StageRecord* record;
  std::string file;  ///< in the folder
  Digest sha256;
  OutputVerdict verdict;  ///< of the newest check, on it and its chain
  /// On which it rests: what accepts what the check found, if that found something, and what
  /// policies ask for.
  std::vector<Approval> approvals;
};

/// Ids of keys that somebody vouches for: of owners, and of those that the request names.
std::set<std::string> vouched_keys(const ReleaseRequest& request,
                                   const RunVerification& verification);

/// The results of a folder that holds which the request names, or all that may leave. Throws
/// ExitCode::policy with every reason why one may not: it was not checked, a rule is against it and
/// nobody has accepted that, it or what it is made of was refused or withdrawn, it had to be
/// deleted, its rows are single ones.
std::vector<Leaving> what_may_leave(const ReleaseRequest& request, const RunFolder& folder,
                                    const std::set<std::string>& vouched);

/// To whom: those whom the policies were asked about, and nobody whom one of them forbids. Throws
/// ExitCode::usage of what is no IRI, ExitCode::policy.
std::vector<std::string> recipients_of(const ReleaseRequest& request,
                                       const std::vector<Leaving>& leaving);

}  // namespace bailiwick

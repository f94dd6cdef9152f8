// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/verify/options.hpp"

// What people sign about a run that others made (docs/approval.md). Not collective, needs no MPI.
namespace bailiwick {

struct Review {
  std::string folder;   ///< the output folder of a run
  std::string subject;  ///< file in it that a stage ended with, or "intent"; empty: model.h5
  Ruling ruling = Ruling::approved;
  std::string by, reason;  ///< one line each
  std::string sign_with;   ///< PEM file of the private key
  VerifyOptions verification;
  /// Digest of a line of checks.jsonl, in hexadecimal: what that found is accepted; may be empty.
  std::string check = {};
};

/// Throws ExitCode::usage naming the option `what`, if what somebody is to sign is empty or has
/// several lines.
void demand_one_line(const std::string& text, const char* what);

/// Appends a signed line to approvals.jsonl and returns its digest. What is approved must verify;
/// what is refused or withdrawn need not. Throws ExitCode::integrity if it does not,
/// ExitCode::policy if who signed the run is to decide about it, ExitCode::data if there is no such
/// thing in the folder, ExitCode::usage of a text that is empty or has several lines.
Digest append_review(const Review& review);

/// Adds a signature to the final line of each finished chain in the folder, which must verify;
/// returns their names and heads. Throws ExitCode::integrity if they do not verify, ExitCode::data
/// if none is finished.
std::vector<std::pair<std::string, Digest>> countersign(const std::string& folder,
                                                        const std::string& sign_with,
                                                        const VerifyOptions& options);

}  // namespace bailiwick

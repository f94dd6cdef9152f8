// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/verify/document_finder.hpp"
#include "lib/verify/run_verification.hpp"
#include "lib/verify/verified_chain.hpp"

namespace bailiwick {

/// Whether the intent that a training names was signed in its folder, by its signer, before its
/// first statement, and is about what it was to do.
void verify_intent(VerifiedChain& training, const std::string& folder);

/// Countersignatures of a chain by keys that are not its operators': each must be an owner's.
void verify_countersignatures(VerifiedChain& chain, DocumentFinder& finder);

/// Whether the lines of approvals.jsonl hold, are about what lies in the folder and its chains, and
/// none is approved by who signed what it is about, or after another has withdrawn it. Adds to the
/// result's findings and approval_problems.
void look_at_approvals(const std::string& folder, const std::vector<VerifiedChain>& chains,
                       DocumentFinder& finder, RunVerification& result);

/// The domains of all chains, by the ids of their owners' keys.
std::map<std::string, std::string> owners_of(const std::vector<VerifiedChain>& chains,
                                             DocumentFinder& finder);

/// Whether the lines of checks.jsonl hold, and are about what lies there: all of it, unless it is
/// checked `anew`. Adds to the result's findings and check_problems.
void look_at_checks(const std::string& folder, const std::vector<VerifiedChain>& chains, bool anew,
                    DocumentFinder& finder, RunVerification& result);

/// Whether the lines of releases.jsonl hold, are about what lies there and rest on checks and
/// approvals that do. Adds to the result's findings and release_problems.
void look_at_releases(const std::string& folder, const std::vector<VerifiedChain>& chains,
                      DocumentFinder& finder, RunVerification& result);

/// Whether the lines of erasures.jsonl hold, and are about the model of the folder.
std::vector<Finding> erasure_findings(const std::string& folder,
                                      const std::vector<VerifiedChain>& chains);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/places.hpp"
#include "lib/verify/document_finder.hpp"

namespace bailiwick {

/// Of the documents that a session's statement names, those that are found and hold.
struct KnownDocuments {
  std::map<std::string, SignedPolicy> policies;  ///< by domain
  std::optional<OpenedSite> site;
};
KnownDocuments known_documents(const Inputs& inputs, const Statement& statement,
                               const DocumentFinder& finder);

/// The decisions of a session, and what signs them.
struct StatedDecisions {
  const Json& decisions;  ///< in `what`, for messages
  const std::string& what;
  const Statement& statement;
  const Statement* before;  ///< the one before it in its chain; nullptr: there is none
};

/// What decisions say, against the statement, the inputs and themselves; and, of each policy and
/// site that was in force and is known, against what it says when it is asked again
/// (docs/lineage.md). One text for each thing that does not hold. Throws ExitCode::data if members
/// are missing.
std::vector<std::string> decision_problems(const StatedDecisions& stated, const Inputs& inputs,
                                           const KnownDocuments& known);

}  // namespace bailiwick

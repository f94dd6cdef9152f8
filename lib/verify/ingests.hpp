// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

/// How many rows an ingest kept of those that it read, as its owner signed; never which.
struct IngestFacts {
  std::string domain, partition;
  double here = 0;
  double read = 0, quarantined = 0;  ///< of all partitions that came of that ingest
  std::string problem;               ///< why these two are not known
};

/// Of the partitions that a statement of the run in `folder` names, by what lies beside them in the
/// folders of `options`; none if it names no folder. `inputs`: those of its session. Throws
/// ExitCode::config of a key.
std::vector<IngestFacts> read_ingests(const std::string& folder, const Json& inputs,
                                      const Statement& statement, const VerifyOptions& options);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/inputs.hpp"
#include "lib/stages/stage.hpp"
#include "lib/verify/document_finder.hpp"

namespace bailiwick {

/// One finished chain of an output folder, to be run again.
struct RecordedStage {
  const Stage* stage = nullptr;
  std::string prefix;  ///< where it lies in the folder: evaluations/NAME/, or nothing
  std::vector<Statement> statements;
  Inputs inputs;  ///< of its last session
  /// Without a slash at the end.
  std::string place(const std::string& folder) const {
    return prefix.empty() ? folder : folder + "/" + prefix.substr(0, prefix.size() - 1);
  }
};

/// The finished chains of a folder, a training before what uses its model. Throws
/// ExitCode::integrity for one that does not hold or is not finished.
std::vector<RecordedStage> recorded_stages(const std::string& folder,
                                           const std::vector<PublicKey>& keys);

/// Where the files are now that a stage's config names: policies and site in the record, partitions
/// by their roots; and keys, which are no files yet. Throws ExitCode::data for a partition that is
/// not found.
Json find_files(const RecordedStage& recorded, DocumentFinder& finder);
/// Writes the keys to a folder and puts the paths in their place.
void write_keys(Json& files, const std::string& folder);

/// The config that a stage was run with: `text`, of the file `path`. Throws ExitCode::integrity
/// unless it is what the inputs, which policies were asked by, say.
RunConfig recorded_config(const RecordedStage& recorded, const std::string& path,
                          const std::string& text);

/// Has a config name these, and nothing of what only the first run had: access logs, and, unless
/// sums are to be `masked`, owners' private keys.
void use_files(RunConfig& config, const Json& files, bool masked);

/// Whether the private keys are there that mask sums between processes.
/// Of a run with noise: the lines of the owners' budgets that its noise came of, by domain; else
/// none. Throws ExitCode::data if it was resumed.
Json reservations_of(const RecordedStage& recorded, const std::string& folder);

bool has_private_keys(const RunConfig& config);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/registered_version.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/error.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/verify/look.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

void verify_registered_version(VerifiedChain& training, const std::string& folder,
                               DocumentFinder& finder) {
  const fs::path place = fs::canonical(folder), name = place.parent_path();
  if (!fs::exists(name / model_states_log.file)) return;
  const std::string version = place.filename().string();
  bool known = false;
  look(training.found,
       fmt::format("{}@{}: files, as they were added", name.filename().string(), version), [&] {
         const ModelRegistry registry = read_model_registry(name.parent_path().string());
         const ModelHistory history = read_model_history(registry, name.filename().string());
         const ModelVersion* found = history.find(version);
         if (found == nullptr)
           throw Error(ExitCode::integrity, "no line of {} is about it", model_states_log.file);
         known = true;
         check_version_files(history, *found);
         return true;
       });
  if (!known) return;
  bool left = false;
  for (const Statement& statement : standing(training.found.statements)) {
    if (!is_checkpoint_name(statement.subject_name) || fs::exists(place / statement.subject_name))
      continue;
    left = true;
    const std::string about = fmt::format(": {}: ", statement.subject_name);
    std::erase_if(training.found.findings, [&](const Finding& finding) {
      return finding.check == Finding::Check::subject && !finding.holds &&
             finding.what.find(about) != std::string::npos;
    });
  }
  if (left) finder.miss("the checkpoints, which stayed where the model was trained");
}

}  // namespace bailiwick

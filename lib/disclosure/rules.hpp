// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/words.hpp"
#include "lib/folder/run_folder.hpp"

// Whether what a run left may leave the organisation: the rules by which output checkers of trusted
// research environments judge, on the counts that its artefacts tell (docs/check-output.md). Pure
// functions of the folder.
namespace bailiwick {

/// By default ACRO's (acro/default.yaml).
struct DisclosureThresholds {
  double count = 10;    ///< rows, or events, behind anything that is told
  double freedom = 10;  ///< residual degrees of freedom of a model
  double epsilon = 10;  ///< beyond it noise promises next to nothing
};

enum class OutputVerdict { pass, review, fail };
template <>
inline constexpr auto words<OutputVerdict> =
    std::to_array<std::pair<OutputVerdict, const char*>>({{OutputVerdict::pass, "pass"},
                                                          {OutputVerdict::review, "review"},
                                                          {OutputVerdict::fail, "fail"}});

/// What stands for the files that no stage ended with.
inline constexpr const char* other_files = "other files";

/// What one rule says of one artefact.
struct OutputCheck {
  std::string artefact;  ///< file in the folder, or other_files
  const char* rule;      ///< "minimum count", …
  OutputVerdict verdict = OutputVerdict::pass;
  std::size_t looked_at = 0;         ///< numbers, cells or steps
  std::vector<std::string> against;  ///< those that do not meet it: where, and by how much
};

/// Every rule that an artefact of the folder is subject to, in the order of the stages.
/// `unsigned_files`: of which nobody says what they are.
std::vector<OutputCheck> check_outputs(const RunFolder& folder,
                                       const std::vector<std::string>& unsigned_files,
                                       const DisclosureThresholds& thresholds);

}  // namespace bailiwick

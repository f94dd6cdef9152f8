// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/lineage/stage_chain.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

/// What the statements say went in, by name.
using Claims = std::map<std::string, Artefact>;

/// One lineage of a folder, its findings and what it says.
struct VerifiedChain {
  const StageChain& stage;
  std::string prefix;  ///< of names in its folder: regions/NAME/, evaluations/NAME/, or nothing
  std::string domain;  ///< whose own it is; empty: the run's
  Verification found;
  Claims claims;
  std::vector<std::optional<Inputs>> inputs;  ///< of the session of each statement

  /// Of its last session; nullptr: they cannot be had.
  const Inputs* last_inputs() const {
    return inputs.empty() || !inputs.back() ? nullptr : &*inputs.back();
  }
  int version() const { return found.statements.empty() ? 0 : found.statements.front().version; }
  std::string name() const { return fmt::format("{}{}.jsonl", prefix, stage.stem); }
  void say(bool holds, const std::string& what) { found.findings.push_back({holds, what}); }
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/chain.hpp"

namespace bailiwick {

/// What every session of a run has its own of: decisions.json, decisions-2.json, …
std::string session_file(const std::string& name, std::size_t session);

/// What the statements of a chain declare of themselves and of each other, from format version 2 on
/// (docs/lineage.md, "What a stage declares"): the chain `stem`.jsonl holds one stage's artefacts,
/// in its order; sessions agree with themselves and times do not go back. A finding for each
/// statement. `domain`: of a lineage in regions/; empty, of the run's own.
std::vector<Finding> check_stage(const std::string& stem, const std::string& domain,
                                 const std::vector<Statement>& statements);

/// The IRI of a site, runDetails.builder.id.
inline std::string builder_of(const std::string& site) {
  return "https://bailiwick.dev/site/" + site;
}

/// The dependency of that name, or nullptr.
const Artefact* find_dependency(const Statement& statement, const std::string& name);

/// Dependencies that statements name (docs/lineage.md).
namespace dependency {
inline constexpr const char* config = "config";
inline constexpr const char* binary = "binary";
inline constexpr const char* libraries = "libraries";
inline constexpr const char* site = "site";
inline constexpr const char* model = "model";
inline constexpr const char* resumed_from = "resumed from";
inline constexpr const char* common_model = "common model";
inline std::string policy(const std::string& domain) {
  return "policy/" + domain;
}
inline std::string partition(const std::string& domain, const std::string& name) {
  return "partition/" + domain + "/" + name;
}
}  // namespace dependency

}  // namespace bailiwick

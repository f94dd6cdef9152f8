// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/lineage/chain.hpp"

namespace bailiwick {

/// What the statements of one stage are about: a row of docs/lineage.md, "What is published".
struct StageChain {
  const char* stage;         ///< buildType
  const char* stem;          ///< of the chain: STEM.jsonl, beside the config that it was made with
  const char* result;        ///< what the final statement is about
  bool names_model = false;  ///< it uses a model, which is a dependency
  bool may_lack_model = false;  ///< … if its config says so
  /// Files that come before the result, as many as there are: checkpoints, predictions.
  bool (*is_part)(std::string_view name) = nullptr;
  bool resumes = false;           ///< parts are checkpoints: a session may go on from one
  const char* at_home = nullptr;  ///< AT_HOME/DOMAIN: where a domain has a chain of its own
  /// What that ends with: one of these.
  std::array<const char*, 2> results_at_home{};
  bool parts_in_common = true;  ///< files before the result are in the run's own chain, too
  const char* named = nullptr;  ///< NAMED/NAME: where one that was given a name lies

  /// The first of all stages has the plain names: lineage.jsonl, decisions.json, resolved.yaml.
  bool is_training() const { return resumes; }
  /// Of what every session of a run has its own: decisions.json, decisions-2.json, … of a training,
  /// STAGE.decisions.json, … of another stage.
  std::string session_file(const std::string& name, std::size_t session) const;
  /// The config that it was made with: resolved.yaml of a training, STEM.resolved.yaml of another.
  std::string resolved_config(const std::string& folder) const;
  bool ends_at_home(std::string_view name) const;
  /// The folder of what stays with a domain, below that of the run.
  std::string home_of(const std::string& folder, const std::string& domain) const;
  std::string file(const std::string& folder) const;
  /// Held by the job that writes there.
  std::string lock(const std::string& folder) const;
};

/// checkpoints/NAME.h5
bool is_checkpoint_name(std::string_view name);

/// What the statements of a chain declare of themselves and of each other, from format version 2 on
/// (docs/lineage.md, "What a stage declares"): it holds one stage's artefacts, in its order;
/// sessions agree with themselves and times do not go back. A finding for each statement. `domain`:
/// whose own it is; empty, the run's.
std::vector<Finding> check_stage(const StageChain& chain, const std::string& domain,
                                 const std::vector<Statement>& statements);

/// Sessions that the statements of one chain belong to.
std::size_t count_sessions(const std::vector<Statement>& statements);

/// Whether a chain with such statements is about a model.
bool uses_model(const StageChain& chain, const std::vector<Statement>& statements);

/// The IRI of a site, runDetails.builder.id.
std::string builder_of(const std::string& site);
/// Also as earlier releases wrote it, who took the name as it is.
bool is_builder_of(const std::string& builder, const std::string& site);

/// The dependency of that name, or nullptr.
const Artefact* find_dependency(const Statement& statement, const std::string& name);

/// Dependencies that statements name (docs/lineage.md).
namespace dependency {
inline constexpr const char* config = "config";
inline constexpr const char* inputs = "inputs";
inline constexpr const char* intent = "intent";
inline constexpr const char* binary = "binary";
inline constexpr const char* libraries = "libraries";
inline constexpr const char* site = "site";
inline constexpr const char* model = "model";
inline constexpr const char* labels = "labels";
inline constexpr const char* resumed_from = "resumed from";
inline constexpr const char* common_model = "common model";
inline std::string policy(const std::string& domain) {
  return "policy/" + domain;
}
inline constexpr const char* partition_prefix = "partition/";
inline std::string partition(const std::string& domain, const std::string& name) {
  return partition_prefix + domain + "/" + name;
}
}  // namespace dependency

/// The rows that a statement says went in.
struct UsedPartition {
  std::string domain, name;
  Digest root;
  std::uint64_t rows = 0;  ///< 0: it does not say
};
std::vector<UsedPartition> partitions_of(const Statement& statement);

}  // namespace bailiwick

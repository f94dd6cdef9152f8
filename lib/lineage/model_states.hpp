// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/words.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/signed_log.hpp"

// What a registry of models says (docs/deploy.md): REGISTRY/registry.json, who may decide;
// REGISTRY/NAME/states.jsonl, what became of each version of a model; REGISTRY/NAME/VERSION/, its
// files. Reads alone; not collective.
namespace bailiwick {

/// One line, signed by whoever began the registry.
inline constexpr SignedLog model_registry_log{"registry.json",
                                              "https://bailiwick.dev/model-registry/v1"};
/// Of one name.
inline constexpr SignedLog model_states_log{"states.jsonl", "https://bailiwick.dev/model-state/v1"};

struct ModelRegistry {
  std::string folder;
  LogEntry begun;               ///< its line
  std::vector<PublicKey> keys;  ///< of those who may decide
  bool alone = false;           ///< they may decide about models of their own, too

  bool knows(const std::string& key_id) const;
};

/// Throws ExitCode::data if the folder holds none, ExitCode::integrity if it does not hold. Whose
/// key began it, the reader must know.
ModelRegistry read_model_registry(const std::string& folder);

enum class ModelState { candidate, deployed, retired, withdrawn };
template <>
inline constexpr auto words<ModelState> =
    std::to_array<std::pair<ModelState, const char*>>({{ModelState::candidate, "candidate"},
                                                       {ModelState::deployed, "deployed"},
                                                       {ModelState::retired, "retired"},
                                                       {ModelState::withdrawn, "withdrawn"}});

/// A line of states.jsonl.
struct ModelStateChange {
  LogEntry entry;
  std::string version;
  ModelState state = ModelState::candidate;
  std::string by, why;  ///< in the signer's own words; may be empty
  std::string retires;  ///< the version that was in use until then; empty: none was
  bool back = false;    ///< to what was in use before
  /// Of a promotion: domains whose rows their own models score, and what these are by content.
  std::map<std::string, Digest> routes;
};

/// What became of a version.
struct ModelVersion {
  std::string name;                     ///< version_of() its content
  Digest content;                       ///< of its model.h5, as `bailiwick digest` prints it
  std::string signer;                   ///< id of the key that signed its training, as was said
  std::map<std::string, Digest> files;  ///< SHA-256, by their names in its folder
  ModelState state = ModelState::candidate;
  std::map<std::string, Digest> routes;  ///< as its last promotion said
  std::size_t added = 0, last = 0;       ///< its first and its newest line
};

/// All that became of a name, the oldest first.
struct ModelHistory {
  std::string folder, name;  ///< REGISTRY/NAME; NAME
  std::vector<ModelStateChange> changes;
  std::vector<ModelVersion> versions;
  /// Versions that were in use and may be again, each once, by when they were put there; a rollback
  /// takes the last away.
  std::vector<std::string> used;

  const ModelVersion* find(const std::string& version) const;
  /// nullptr: none is in use.
  const ModelVersion* deployed() const;
  /// What a rollback leads to: the version in use before the one that is, or was last; nullptr:
  /// none.
  const ModelVersion* before() const;
  std::string folder_of(const ModelVersion& version) const { return folder + "/" + version.name; }
};

/// The first 12 hexadecimal digits: the name of a model's folder among others of its name.
std::string version_of(const Digest& content);

/// Throws ExitCode::integrity naming the first line that does not hold: a signature, a link, a key
/// that is none of the registry's, a name of another model, a state that cannot follow, a model
/// promoted by who trained it. None if nothing has that name.
ModelHistory read_model_history(const ModelRegistry& registry, const std::string& name);

/// Names of the registry about which there are lines, in their order.
std::vector<std::string> names_in_registry(const std::string& folder);

/// Throws ExitCode::data, saying what there is.
[[noreturn]] void refuse_unknown_name(const std::string& registry, const std::string& name);

/// Adds a line that is about to be written, or was read; throws as read_model_history().
void take_change(const ModelRegistry& registry, LogEntry entry, const std::string& at,
                 ModelHistory& history);

/// Throws ExitCode::integrity naming a file of the version that is not as its line says.
void check_version_files(const ModelHistory& history, const ModelVersion& version);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/core/file_lock.hpp"
#include "lib/core/json.hpp"
#include "lib/lineage/model_states.hpp"

// Changes of a registry of models (docs/deploy.md). Not collective, needs no MPI.
namespace bailiwick {

/// What is asked of `bailiwick deploy init`.
struct RegistryPlan {
  std::string folder;
  std::vector<std::string> keys;  ///< PEM files: public keys of those who may decide
  bool alone = false;             ///< about models of their own, too
  std::string by, sign_with;      ///< who begins it; may be empty. PEM file of the private key
};

/// Makes the folder and registry.json in it; returns the digest of that line. Throws
/// ExitCode::usage of keys that are too few or given twice, ExitCode::data if there is a registry.
Digest begin_model_registry(const RegistryPlan& plan);

/// Who decides about what.
struct StateRequest {
  std::string registry, name;
  std::string version;    ///< may be empty
  std::string by, why;    ///< one line each; may be empty
  std::string sign_with;  ///< PEM file of the private key
};

/// The private key of a request and the registry that knows it. Throws ExitCode::usage of texts
/// that are no lines and of a name that is none, ExitCode::policy if the registry does not name the
/// key.
struct Decider {
  explicit Decider(const StateRequest& request);

  PrivateKey key;
  ModelRegistry registry;
};

/// A name of a registry, kept from others who would change it.
class HeldName {
 public:
  /// Throws ExitCode::data if another holds it for too long, or, without `anew`, nothing has that
  /// name; ExitCode::integrity if its lines do not hold.
  HeldName(const Decider& decider, const StateRequest& request, bool anew = false);

  const ModelHistory& history() const { return history_; }
  const ModelRegistry& registry() const { return decider_.registry; }
  std::string signer() const { return decider_.key.public_key().id(); }
  /// The version that the request names. Throws ExitCode::usage if it names none, ExitCode::data if
  /// there is no such one.
  const ModelVersion& asked() const;
  /// Signs that a model of that content, whose model.h5 has that digest, is in that state; `said`
  /// besides. Returns the digest of the line.
  Digest append(const Digest& content, const Digest& file, ModelState state, Json said);

 private:
  const Decider& decider_;
  const StateRequest& request_;
  std::unique_ptr<FileLock> lock_;
  ModelHistory history_;
};

}  // namespace bailiwick

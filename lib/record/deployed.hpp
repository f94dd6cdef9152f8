// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/runtime/communicator.hpp"

// How stages meet a registry of models (docs/deploy.md).
namespace bailiwick {

/// The model that a command names.
struct NamedModel {
  std::string file;
  /// Of a version in use: domains whose rows their own models score, by content.
  std::map<std::string, Digest> routes;
};

/// The file `model` itself, or, of REGISTRY/NAME, the model.h5 of
/// the version in use there, which the first rank prints. The registry must have been begun with
/// the operator's key or one in the files `model_keys`. The same on every rank. Collective. Throws
/// ExitCode::data of a folder that is no such name, saying what there is, ExitCode::policy if
/// nothing is in use there, saying what became of it, ExitCode::integrity of lines or files that
/// are not as they were signed, of a registry that nobody vouches for, and of a model that was
/// promoted by who trained it.
NamedModel model_in_use(const Communicator& world, const RunConfig& config,
                        const std::string& model, const std::vector<std::string>& model_keys);

/// Throws ExitCode::policy if `folder`, in which the model `path` lies, is a version of a registry
/// that was withdrawn there; ExitCode::integrity if the registry there does not hold or does not
/// know it. Nothing where there is no registry. Local.
void check_registered(const std::string& folder, const std::string& path);

}  // namespace bailiwick

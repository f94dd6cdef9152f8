// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>

#include "lib/crypto/keys.hpp"

// How stages meet a registry of models (docs/deploy.md). Local: one rank looks, and tells the
// others.
namespace bailiwick {

/// Whether it is a folder, or lies in a registry, where it may be a name that is misspelt.
bool may_be_registered_name(const std::string& path);

/// The version of a name that is in use.
struct DeployedModel {
  std::string path;   ///< its model.h5
  std::string words;  ///< "heart@1f0c…, in use since … by …"
};

/// Of REGISTRY/NAME, `folder`, whose registry was begun with one of `keys`. Throws ExitCode::data
/// if it is no such folder, saying what names there are, ExitCode::policy if nothing is in use
/// there, saying what was withdrawn, ExitCode::integrity of lines or files that are not as they
/// were signed, of a registry that nobody vouches for, and of a model that was promoted by who
/// trained it.
DeployedModel deployed_model(const std::string& folder, std::span<const PublicKey> keys);

/// Throws ExitCode::policy if `folder`, in which the model `path` lies, is a version of a registry
/// that was withdrawn there; ExitCode::integrity if the registry there does not hold or does not
/// know it. Nothing where there is no registry.
void check_registered(const std::string& folder, const std::string& path);

}  // namespace bailiwick

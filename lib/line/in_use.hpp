// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/line/config.hpp"

namespace bailiwick {

/// A version of the model in the registry.
struct UsedVersion {
  std::string name;
  std::string file;                  ///< its model
  std::set<std::string> partitions;  ///< that it was trained on
  std::string model;                 ///< its section `model`, as YAML on one line
  std::string before;                ///< what a rollback leads to; empty: nothing
};

/// The one that is in use; nothing before there is one.
std::optional<UsedVersion> version_in_use(const LineDeploy& deploy);
/// Another one. Throws ExitCode::data of none.
UsedVersion read_version(const LineDeploy& deploy, const std::string& name);

/// Words of a stage that use a version as it was trained, whatever the run's model is now.
std::vector<std::string> words_of_version(const UsedVersion& version, const std::string& run_model);

/// The section `model` of what was given in a config (given_by), as YAML on one line.
std::string model_section(const std::string& given);

}  // namespace bailiwick

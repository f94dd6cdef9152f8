// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/line/config.hpp"

namespace bailiwick {

/// A version of the model in the registry.
struct UsedVersion {
  std::string name;
  std::string file;                          ///< its model
  std::map<std::string, Digest> partitions;  ///< roots of what it was trained on, by DOMAIN/NAME
  std::string given;                         ///< what its config gave (given_by)
  std::string before;                        ///< what a rollback leads to; empty: nothing
};

/// The one that is in use; nothing before there is one. Throws ExitCode::integrity of one that
/// nobody signed with the line's public key.
std::optional<UsedVersion> version_in_use(const LineConfig& line);
/// Another one. Throws ExitCode::data of none.
UsedVersion read_version(const LineConfig& line, const std::string& name);

/// What keeps a version from being put in use again; empty: nothing does.
std::string why_not_again(const LineDeploy& deploy, const std::string& version);

/// Words of a stage that use a version as it was trained, whatever the run's model is now.
std::vector<std::string> words_of_version(const UsedVersion& version, const std::string& run_model);

/// The section `model` of what was given in a config (given_by), as YAML on one line.
std::string model_section(const std::string& given);

}  // namespace bailiwick

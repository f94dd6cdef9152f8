// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/config/yaml.hpp"

namespace bailiwick {

struct ConfigFile {
  std::string path, text;
};

/// A config and, behind it, the files that it includes.
using ConfigFiles = std::vector<ConfigFile>;

/// Reads a config and what it includes. Throws as read_file() of the config itself; of an included
/// file ExitCode::config, with the place where it is named.
ConfigFiles read_config(const std::string& path);

/// The sections of all these files. A section stands in one of them, so that nobody has to know
/// which of two wins; a file is included once, so that there is no circle.
YamlNode merge_config(const ConfigFiles& files, YamlProblems& problems);

/// `--set a.b=c`: path and YAML text of the value.
using Overrides = std::vector<std::pair<std::string, std::string>>;

}  // namespace bailiwick

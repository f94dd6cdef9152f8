// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/policy/policy.hpp"

namespace bailiwick {

/// The YAML an owner writes (docs/policy.md). Errors as parse_run_config. `name`: whose terms they
/// are to be, where the file is `for` several.
Policy parse_policy_yaml(const std::string& text, const std::string& path,
                         const std::string& name = "");

/// What it may say, as JSON Schema.
OrderedJson policy_schema();

/// The same terms as an owner would write them, without what is as it is by default: reading it
/// gives an equal policy.
std::string to_policy_yaml(Policy policy);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/domain/site.hpp"

namespace bailiwick {

/// The site file that an administrator writes, before it is signed. Throws ExitCode::config, all
/// problems at once with line and column.
Site parse_site_yaml(const std::string& text, const std::string& path);

/// What it may say, as JSON Schema.
OrderedJson site_schema();

}  // namespace bailiwick

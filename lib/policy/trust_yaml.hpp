// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/domain/trust.hpp"

namespace bailiwick {

/// The list that a trust writes, before it is signed. Throws ExitCode::config, all problems at once
/// with line and column.
TrustList parse_trust_yaml(const std::string& text, const std::string& path);

/// What it may say, as JSON Schema.
OrderedJson trust_schema();

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json_fwd.hpp"

// label.json for people (docs/label.md).
namespace bailiwick {

std::string label_text(const Json& result);

}  // namespace bailiwick

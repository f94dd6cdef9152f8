// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// monitor.json for people.
std::string monitor_text(const Json& result);

}  // namespace bailiwick

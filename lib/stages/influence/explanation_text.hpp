// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// An explanation.json for people: features by their importance, then their partial dependence.
std::string explanation_text(const Json& result);

}  // namespace bailiwick

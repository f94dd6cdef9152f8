// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

/// A number of a document, for people; `-` if there is none.
inline std::string shown(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.6g}", value.get<double>());
}

}  // namespace bailiwick

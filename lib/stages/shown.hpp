// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

/// A number as a document has it: null if there is none.
inline Json number_or_null(double value, bool known = true) {
  return known && std::isfinite(value) ? Json(value) : Json();
}

/// A number of a document, for people; `-` if there is none.
inline std::string shown(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.6g}", value.get<double>());
}

/// What people are told where sums of so many noisy cells say little of so many rows; else nothing.
inline std::string noise_warning(double deviation, std::size_t cells, double rows) {
  return deviation * std::sqrt(static_cast<double>(cells)) > rows / 20
             ? "The noise in sums of these is more than a twentieth of the rows: do not rely on "
               "them. Raise privacy.statistics_epsilon, or ask for fewer cells (privacy.bins).\n"
             : "";
}

}  // namespace bailiwick

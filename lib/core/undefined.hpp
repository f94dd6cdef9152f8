// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

namespace bailiwick {

/// A number that there is none of: `-` in what is printed, empty in CSV, null in JSON.
inline constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace bailiwick

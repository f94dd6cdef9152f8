// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "lib/core/json.hpp"
#include "lib/policy/gate.hpp"

namespace bailiwick {

/// Statistics of one domain alone, which its policy lets everybody see: not without the admission
/// that says so, and not of a type that rows have.
struct OwnStatistics {
  std::reference_wrapper<const Admission> leave;
  Json statistics;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/kinds/kind.hpp"

namespace bailiwick {

/// Proportional odds, of a target whose categories have an order.
const Kind& ordinal_kind();

}  // namespace bailiwick

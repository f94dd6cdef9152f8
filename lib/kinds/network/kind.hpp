// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/kinds/kind.hpp"

namespace bailiwick {

/// Multi-layer perceptrons. Their loss decides what they say of a row.
const Kind& network_kind();

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/kinds/kind.hpp"

namespace bailiwick {

/// Counts that vary more than Poisson's, log link: R's MASS::glm.nb.
const Kind& negative_binomial_kind();

}  // namespace bailiwick

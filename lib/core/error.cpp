// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/error.hpp"

namespace bailiwick {

void ensure(bool condition, const char* promise) {
  if (!condition)
    throw Error(ExitCode::bug, "internal error: {} does not hold; please report this", promise);
}

}  // namespace bailiwick

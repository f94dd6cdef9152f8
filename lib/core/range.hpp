// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace bailiwick {

/// Numbers begin to end - 1.
struct Range {
  std::size_t begin = 0, end = 0;
};

}  // namespace bailiwick

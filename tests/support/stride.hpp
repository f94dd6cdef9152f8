// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

namespace bailiwick::testing {

#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

/// From one place to the next of a test that damages a document everywhere: the sanitizers look at
/// how damage is read, not whether each is found, and take ten times as long. Odd, so that flipped
/// bits differ.
constexpr std::size_t stride = sanitized ? 7 : 1;

}  // namespace bailiwick::testing

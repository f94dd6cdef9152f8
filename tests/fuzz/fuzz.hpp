// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdlib>
#include <string>

/// What a target does with one input. A parser either accepts or throws an Error with a message and
/// a code of its own; ExitCode::bug, any other exception and a broken property are findings.
void look_at(const std::string& input);

inline void require(bool property) {
  if (!property) std::abort();
}

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// e.g. "0.2.0"; on the way to that, "0.2.0-dev".
std::string version();

/// The git commit the program was built from, "-dirty" appended if the tree had changes, or
/// "unknown" outside a checkout.
std::string git_commit();

}  // namespace bailiwick

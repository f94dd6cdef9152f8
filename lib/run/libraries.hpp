// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

/// Shared objects of this process, and one digest over them: what the lineage calls `libraries`
/// (docs/lineage.md).
struct Libraries {
  Json list;  ///< of {path, buildId} or, outside of the system's folders, {path, sha256}
  Digest digest;
};
/// Those that were loaded when it was first asked for, at the start of a run.
const Libraries& libraries_at_start();
/// Paths of those that came later.
std::vector<std::string> libraries_since();

}  // namespace bailiwick

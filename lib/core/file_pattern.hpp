// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace bailiwick {

/// The files with rows that `paths` name, in their order; a path with *, ? or [...] names all that
/// are called so, sorted, unless one is called just so. Throws ExitCode::data of a pattern that no
/// file is called by, and of a file that is named twice.
std::vector<std::string> files_named(const std::vector<std::string>& paths);

/// The files that a pattern names by now; there may be none.
std::vector<std::string> files_matching(const std::string& pattern);

/// Whether a name is called by a pattern with *, ? or [...], or is the pattern.
bool matches_pattern(const std::string& name, const std::string& pattern);

}  // namespace bailiwick

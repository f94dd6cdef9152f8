// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bailiwick {

/// ISO 3166-1 alpha-2 with optional -2 subdivision: "DE", "US-NC".
/// True if `place` lies in `area`: equal, or a subdivision of it.
bool lies_in(const std::string& place, const std::string& area);

/// Throws ExitCode::config unless `code` has the form of an ISO 3166 code.
void check_jurisdiction(const std::string& code, const std::string& where);

/// Which node lies in which jurisdiction, as the site declares it.
struct Site {
  std::string name;
  /// Node name, or pattern with `*`, and its jurisdiction.
  std::vector<std::pair<std::string, std::string>> nodes;

  /// Jurisdiction of a node; empty if undeclared. Throws ExitCode::policy if two patterns that
  /// match the node disagree.
  std::string place_of(const std::string& node) const;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bailiwick {

/// True if `text` matches `pattern`, in which `*` stands for any run of characters.
bool matches(std::string_view pattern, std::string_view text);

/// True if `code` has the form of ISO 3166-1 alpha-2 with optional -2 subdivision: "DE", "US-NC".
bool is_jurisdiction(std::string_view code);

/// True if `place` lies in `area`: equal, or a subdivision of it.
bool lies_in(const std::string& place, const std::string& area);

/// Throws ExitCode::config unless is_jurisdiction(code).
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

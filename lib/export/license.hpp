// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// What somebody may do with what is given away, as whoever exports it says.
struct License {
  std::string text;  ///< a URL or an SPDX expression; empty: none was named

  bool is_url() const;
  /// The URL, or SPDX's page of a single identifier; empty of anything else.
  std::string iri() const;
};

/// Looks at the form alone: whether SPDX knows an identifier its list says. Throws ExitCode::usage.
License license_from(const std::string& text);

}  // namespace bailiwick

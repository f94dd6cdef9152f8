// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace bailiwick {

/// Letters, digits, "-", "_" and ".", not first: what becomes part of a path cannot lead out of the
/// folder that it is written to.
bool is_file_name(std::string_view name);
inline constexpr const char* file_name_form =
    "a name of letters, digits, \"-\", \"_\" and \".\" that does not begin with \".\"";

bool is_utf8(std::string_view text);

/// One line of UTF-8 that a terminal shows as it is: no control or escape character, and none that
/// turns the direction of what follows it.
bool is_printable(std::string_view text);

/// The text with whatever is not printable written as \n, \t or \u{1b}, invalid bytes as \x9b.
std::string printable(std::string_view text);
/// The same, but lines stay lines.
std::string printable_lines(std::string_view text);

/// printable() text with &, <, >, " and ' as entities: text, or the value of an attribute, of HTML
/// and SVG.
std::string escape_markup(std::string_view text);

}  // namespace bailiwick

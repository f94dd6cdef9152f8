// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// An absolute IRI (RFC 3987) as far as it matters here: a scheme, something after it, and nothing
/// that ends an IRI. Of http and https: `//`, then a host of ASCII letters, digits, `-` and `.`
/// (other names in punycode), with or without a port.
bool is_iri(const std::string& text);

/// What to write instead, for messages.
inline constexpr const char* iri_form =
    "an absolute IRI such as https://clinic.example/team (its host in ASCII: letters, digits, "
    "\"-\" and \".\")";

/// The one spelling of equal IRIs (RFC 3986, section 6.2): scheme and host in small letters,
/// escapes of plain characters undone, "." and ".." taken out, no default port, no "/" at the end;
/// http counts as https, and what is not ASCII is escaped.
std::string normalised_iri(const std::string& iri);

/// True if `iri` could be taken for `area` or for something below it, whatever its letters' case:
/// what forbids does not depend on spelling.
bool may_lie_in(const std::string& iri, const std::string& area);

}  // namespace bailiwick

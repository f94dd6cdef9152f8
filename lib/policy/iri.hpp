// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// An absolute IRI (RFC 3987) as far as it matters here: a scheme, something after it, and nothing
/// that ends an IRI.
bool is_iri(const std::string& text);

}  // namespace bailiwick

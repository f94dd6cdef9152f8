// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace bailiwick {

/// A text as a part of an IRI (RFC 3986, section 2): all bytes but letters, digits, "-", ".", "_",
/// "~" and those of `kept` as %XX.
std::string percent_encoded(std::string_view text, std::string_view kept = "");

/// What that was made of; a "%" that no two hexadecimal digits follow stands for itself.
std::string percent_decoded(std::string_view text);

}  // namespace bailiwick

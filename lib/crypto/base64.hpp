// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bailiwick {

/// RFC 4648 section 4: standard alphabet, padded, no line breaks.
std::string base64_encode(std::string_view bytes);

/// Standard or URL-safe alphabet, padded. Nothing unless `text` is exactly what an encoder writes:
/// no white space, no mixture of the alphabets, unused bits zero. So no two texts of one alphabet
/// have the same bytes, and a changed character is never overlooked.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace bailiwick

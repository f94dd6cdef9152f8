// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/crypto/sha256.hpp"

namespace bailiwick::io::detail {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian and their bytes are hashed as they lie in memory");

/// u64(value) of the format documents: eight bytes, little-endian.
inline void hash_number(Sha256& hash, std::uint64_t value) {
  hash.update(std::as_bytes(std::span(&value, 1)));
}

/// field(text) of the format documents: length and bytes.
inline void hash_field(Sha256& hash, std::string_view text) {
  hash_number(hash, text.size());
  hash.update(text);
}

}  // namespace bailiwick::io::detail

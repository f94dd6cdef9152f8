// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/random.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>

#include "lib/crypto/openssl_error.hpp"

namespace bailiwick {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_priv_bytes_ex(nullptr, reinterpret_cast<unsigned char*>(bytes.data()), count, 0) != 1)
    throw_openssl("give random bytes");
  return bytes;
}

std::string new_uuid() {
  std::array<unsigned char, 16> b;
  if (RAND_bytes(b.data(), b.size()) != 1) throw_openssl("give random bytes");
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);  // version 4
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);  // variant 10
  const auto* p = b.data();
  return fmt::format("{:02x}-{:02x}-{:02x}-{:02x}-{:02x}", fmt::join(p, p + 4, ""),
                     fmt::join(p + 4, p + 6, ""), fmt::join(p + 6, p + 8, ""),
                     fmt::join(p + 8, p + 10, ""), fmt::join(p + 10, p + 16, ""));
}

}  // namespace bailiwick

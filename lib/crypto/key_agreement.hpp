// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "lib/crypto/secret.hpp"

namespace bailiwick {

/// One side of a key agreement on Curve25519 (RFC 7748), for one session only: it is never saved.
class SessionKey {
 public:
  /// A new key from OpenSSL's generator for secrets.
  static SessionKey generate();
  /// For test vectors.
  static SessionKey from_secret(const Secret& secret);

  /// The public half, 32 bytes.
  std::string public_bytes() const;

  /// X25519 with another's public half. Throws ExitCode::integrity naming `whose` if that is not 32
  /// bytes or yields the all-zero secret (RFC 7748, section 6.1).
  Secret agree(std::string_view public_bytes, const std::string& whose) const;

 private:
  Secret secret_;
};

/// HKDF with SHA-256 (RFC 5869): extract from `secret` with `salt`, expand by `info` to 32 bytes.
Secret hkdf(std::span<const std::byte> secret, std::string_view salt, std::string_view info);

/// The second step alone: an independent key for every `info` (RFC 5869, section 2.3).
Secret hkdf_expand(const Secret& key, std::string_view info);

}  // namespace bailiwick

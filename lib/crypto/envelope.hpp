// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/crypto/keys.hpp"

namespace bailiwick {

/// A DSSE v1 envelope: bytes, their type, signatures over PAE(type, bytes).
struct Envelope {
  struct Signature {
    std::string key_id;
    std::string bytes;  ///< DER
    bool operator==(const Signature&) const = default;
  };
  std::string payload_type;
  std::string payload;
  std::vector<Signature> signatures;
  bool operator==(const Envelope&) const = default;
};

/// "DSSEv1" SP len(type) SP type SP len(body) SP body.
std::string pre_authentication_encoding(std::string_view type, std::string_view body);

Envelope sign_envelope(std::string payload_type, std::string payload, const PrivateKey& key);
/// Replaces an earlier signature by the same key.
void add_signature(Envelope& envelope, const PrivateKey& key);

/// One line of JSON, without the newline. Equal envelopes have equal lines.
std::string to_json_line(const Envelope& envelope);
/// Standard and URL-safe base64 are both read; "keyid" is required, unlike in DSSE. Throws `code`
/// naming `what`.
Envelope envelope_from_json(std::string_view text, const std::string& what,
                            ExitCode code = ExitCode::integrity);

/// The payload, once its type is `payload_type` and one of `keys` verifies one signature. A
/// signature in the name of one of `keys` that does not hold is an error even beside one that does,
/// and so are two by one key. Throws `code` naming `what` and why not.
std::string open_envelope(const Envelope& envelope, const std::string& payload_type,
                          std::span<const PublicKey> keys, const std::string& what,
                          ExitCode code = ExitCode::integrity);

/// Which signatures by keys that nobody gave may stand in an envelope.
enum class OtherSignatures { none, any };

/// Of an envelope that open_envelope() opened, demands besides that nothing about its signatures
/// can change unnoticed: each is canonical, the first is by the key `signer` and the others follow
/// in ascending order of their key ids; with OtherSignatures::none each is by one of `keys`. Throws
/// ExitCode::integrity naming `what`.
void demand_exact_signatures(const Envelope& envelope, const std::string& signer,
                             std::span<const PublicKey> keys, OtherSignatures others,
                             const std::string& what);

}  // namespace bailiwick

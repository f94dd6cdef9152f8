// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/envelope.hpp"
#include "lib/core/error.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace bailiwick;

/// No envelope opens under a key that did not sign it.
void look_at(const std::string& input) {
  static const PublicKey stranger = PrivateKey::generate().public_key();
  const Envelope envelope = envelope_from_json(input, "envelope");
  require(envelope_from_json(to_json_line(envelope), "again") == envelope);
  try {
    open_envelope(envelope, envelope.payload_type, {&stranger, 1}, "envelope");
  } catch (const Error&) {
    return;
  }
  require(false);
}

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/crypto/secret.hpp"

namespace bailiwick {

/// ECDSA P-256 public key.
class PublicKey {
 public:
  /// PEM SubjectPublicKeyInfo. Throws ExitCode::config naming the file.
  static PublicKey load(const std::string& path);
  static PublicKey from_pem(const std::string& pem, const std::string& what);

  /// SHA-256 of the PEM SubjectPublicKeyInfo, 64 hexadecimal digits: the keyid in envelopes.
  std::string id() const { return id_; }
  /// As OpenSSL writes it: 64 columns, uncompressed point, newline at the end.
  std::string pem() const;
  /// ECDSA with SHA-256 over `message`; `signature` is DER. Holds for both forms of a signature, s
  /// and n - s: who demands one form asks is_canonical_signature() too.
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  std::shared_ptr<void> key_;
  std::string id_;
};

/// One a path. Throws as PublicKey::load().
std::vector<PublicKey> load_public_keys(const std::vector<std::string>& paths);

/// ECDSA P-256 private key.
class PrivateKey {
 public:
  static PrivateKey generate();
  /// PEM PKCS#8, not encrypted. Throws ExitCode::config naming the file, also if others than the
  /// user can read it.
  static PrivateKey load(const std::string& path);
  /// Mode 0600; refuses to overwrite. Throws ExitCode::data naming the file.
  void save(const std::string& path) const;
  PublicKey public_key() const;
  /// DER ECDSA/SHA-256 signature, canonical. Differs from call to call: ECDSA is randomised.
  std::string sign(std::string_view message) const;
  /// Of its secret half: the same for the same `salt` and `info`, which tells nobody else anything
  /// (HKDF, key_agreement.hpp).
  Secret derive(std::string_view salt, std::string_view info) const;

 private:
  std::shared_ptr<void> key_;
};

/// Whether it is an ECDSA P-256 signature in the one form that we write: strict DER, and s at most
/// n/2. Of every signature anybody can make a second that verifies, with n - s.
bool is_canonical_signature(std::string_view der);

}  // namespace bailiwick

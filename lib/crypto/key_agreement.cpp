// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/key_agreement.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "lib/core/error.hpp"
#include "lib/crypto/openssl_error.hpp"
#include "lib/crypto/openssl_handle.hpp"

namespace bailiwick {

namespace {

using openssl::Key;
using openssl::KeyContext;
using Kdf = openssl::Handle<EVP_KDF, EVP_KDF_free>;
using KdfContext = openssl::Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

unsigned char* raw(Secret& secret) {
  return reinterpret_cast<unsigned char*>(secret.bytes().data());
}

const unsigned char* raw(const Secret& secret) {
  return reinterpret_cast<const unsigned char*>(secret.bytes().data());
}

Key private_key(const Secret& secret) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, raw(secret), 32));
  if (!key) throw_openssl("make an X25519 key");
  return key;
}

OSSL_PARAM octets(const char* name, std::span<const std::byte> bytes) {
  return OSSL_PARAM_construct_octet_string(
      name, const_cast<std::byte*>(bytes.data()),  // OpenSSL's parameters are read, not written
      bytes.size());
}

Secret derive(int mode, std::span<const std::byte> secret, std::string_view salt,
              std::string_view info) {
  const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      octets(OSSL_KDF_PARAM_KEY, secret),
      octets(OSSL_KDF_PARAM_INFO, std::as_bytes(std::span(info))),
      octets(OSSL_KDF_PARAM_SALT, std::as_bytes(std::span(salt))),
      OSSL_PARAM_construct_end(),
  };
  if (mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY) parameters[4] = OSSL_PARAM_construct_end();
  Secret result;
  if (!context || EVP_KDF_derive(context.get(), raw(result), 32, parameters) != 1)
    throw_openssl("derive a key");
  return result;
}

}  // namespace

void erase(std::span<std::byte> bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

SessionKey SessionKey::generate() {
  SessionKey key;
  if (RAND_priv_bytes_ex(nullptr, raw(key.secret_), 32, 0) != 1) throw_openssl("give random bytes");
  return key;
}

SessionKey SessionKey::from_secret(const Secret& secret) {
  SessionKey key;
  std::ranges::copy(secret.bytes(), key.secret_.bytes().begin());
  return key;
}

std::string SessionKey::public_bytes() const {
  std::string bytes(32, '\0');
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(private_key(secret_).get(),
                                  reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1)
    throw_openssl("give the public half of a key");
  return bytes;
}

Secret SessionKey::agree(std::string_view public_bytes, const std::string& whose) const {
  const Key own = private_key(secret_);
  const Key other(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_X25519, nullptr, reinterpret_cast<const unsigned char*>(public_bytes.data()),
      public_bytes.size()));
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr));
  Secret shared;
  std::size_t size = 32;
  const bool agreed = other && context && EVP_PKEY_derive_init(context.get()) == 1 &&
                      EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1 &&
                      EVP_PKEY_derive(context.get(), raw(shared), &size) == 1;
  ERR_clear_error();
  if (!agreed)
    throw Error(ExitCode::integrity, "{}: its session key is no point to agree a secret with",
                whose);
  return shared;
}

Secret hkdf(std::span<const std::byte> secret, std::string_view salt, std::string_view info) {
  return derive(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, secret, salt, info);
}

Secret hkdf_expand(const Secret& key, std::string_view info) {
  return derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, key.bytes(), {}, info);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/keys.hpp"

#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/crypto/key_agreement.hpp"
#include "lib/crypto/openssl_error.hpp"
#include "lib/crypto/openssl_handle.hpp"
#include "lib/crypto/secret.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace {

using openssl::Key;
using openssl::KeyContext;
using Bio = openssl::Handle<BIO, BIO_free>;
using DigestContext = openssl::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

#ifdef __GLIBC__
// OpenSSL 3.0 frees the decoded text of a key file as it is. So whatever it frees is overwritten
// first. It takes its memory from elsewhere only before it has taken any: hence before main.
void* allocate(std::size_t size, const char*, int) {
  return std::malloc(size);
}
void release(void* memory, const char*, int) {
  if (memory != nullptr) OPENSSL_cleanse(memory, ::malloc_usable_size(memory));
  std::free(memory);
}
void* reallocate(void* memory, std::size_t size, const char* file, int line) {
  void* const larger = std::malloc(size);
  if (larger == nullptr) return nullptr;
  if (memory != nullptr) std::memcpy(larger, memory, std::min(size, ::malloc_usable_size(memory)));
  release(memory, file, line);
  return larger;
}
[[maybe_unused]] const int overwriting = CRYPTO_set_mem_functions(allocate, reallocate, release);
#endif

EVP_PKEY* handle(const std::shared_ptr<void>& key) {
  ensure(key != nullptr, "a key is loaded before it is used");
  return static_cast<EVP_PKEY*>(key.get());
}

// Bailiwick has one kind of key, so that envelopes need not name an algorithm and none can be
// downgraded. Also makes the PEM text, and with it the key's id, unique.
void demand_p256(EVP_PKEY* key, const std::string& what) {
  static constexpr const char* remedy =
      "Bailiwick signs with ECDSA P-256; `bailiwick keygen` makes one";
  if (EVP_PKEY_is_a(key, "EC") != 1) {
    const char* type = EVP_PKEY_get0_type_name(key);
    throw Error(ExitCode::config, "{}: is a key of type {}; {}", what, type ? type : "unknown",
                remedy);
  }
  char curve[64] = "unnamed";
  EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, nullptr);
  if (std::strcmp(curve, "prime256v1") != 0)
    throw Error(ExitCode::config, "{}: is a key on the curve {}; {}", what, curve, remedy);
  int is_explicit = 0;
  EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
  if (is_explicit != 0)
    throw Error(ExitCode::config,
                "{}: spells out its curve's parameters instead of naming P-256; {}", what, remedy);
  if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1)
    throw_openssl("set the form of a key");
}

std::string public_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key) != 1) throw_openssl("write a public key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

/// A text that is overwritten whatever way its reader ends.
struct Erased {
  std::string& text;
  ~Erased() { erase(std::as_writable_bytes(std::span(text))); }
};

using Signature = openssl::Handle<ECDSA_SIG, ECDSA_SIG_free>;
using Number = openssl::Handle<BIGNUM, BN_free>;

Signature signature_from(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  Signature signature(d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())));
  ERR_clear_error();
  return signature;
}

std::string der_of(const ECDSA_SIG* signature) {
  unsigned char* bytes = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &bytes);
  if (size <= 0) throw_openssl("write a signature");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

/// n of P-256: the order of its group.
const BIGNUM* group_order() {
  static const openssl::Handle<EC_GROUP, EC_GROUP_free> group(
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  if (!group) throw_openssl("name the curve P-256");
  return EC_GROUP_get0_order(group.get());
}

bool is_low(const BIGNUM* s) {
  const Number half(BN_new());
  if (!half || BN_rshift1(half.get(), group_order()) != 1) throw_openssl("halve a number");
  return BN_cmp(s, half.get()) <= 0;
}

/// The form of a signature whose s is at most n/2.
std::string with_low_s(const std::string& der) {
  const Signature signature = signature_from(der);
  if (!signature) throw_openssl("read a signature");
  if (is_low(ECDSA_SIG_get0_s(signature.get()))) return der;
  Number r(BN_dup(ECDSA_SIG_get0_r(signature.get()))), s(BN_new());
  const Signature low(ECDSA_SIG_new());
  if (!r || !s || !low || BN_sub(s.get(), group_order(), ECDSA_SIG_get0_s(signature.get())) != 1 ||
      ECDSA_SIG_set0(low.get(), r.get(), s.get()) != 1)
    throw_openssl("write a signature");
  // They are the signature's now.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  return der_of(low.get());
}

// Never prompts: a batch job has no terminal. `asked` tells that the key is encrypted.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

PublicKey PublicKey::load(const std::string& path) {
  try {
    return from_pem(read_file(path, document::key), path);
  } catch (const Error& error) {
    throw Error(ExitCode::config, error.what());
  }
}

PublicKey PublicKey::from_pem(const std::string& pem, const std::string& what) {
  if (pem.find("PRIVATE KEY-----") != std::string::npos)
    throw Error(ExitCode::config,
                "{}: holds a private key; name the public one, and keep this secret", what);
  // Fifty domains of one owner name one key fifty times, and OpenSSL takes a millisecond for each.
  static std::mutex one_at_a_time;
  static std::map<std::string, PublicKey> known;
  const std::lock_guard lock(one_at_a_time);
  if (const auto found = known.find(pem); found != known.end()) return found->second;

  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) throw_openssl("read from memory");
  Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!key)
    throw Error(ExitCode::config, "{}: not a public key in PEM (-----BEGIN PUBLIC KEY-----)", what);
  demand_p256(key.get(), what);

  PublicKey result;
  result.id_ = sha256(public_pem(key.get())).hex();
  result.key_ = std::move(key);
  return known[pem] = result;
}

std::vector<PublicKey> load_public_keys(const std::vector<std::string>& paths) {
  std::vector<PublicKey> keys;
  for (const std::string& path : paths)
    keys.push_back(PublicKey::load(path));
  return keys;
}

std::string PublicKey::pem() const {
  return public_pem(handle(key_));
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr,
                                          handle(key_), nullptr) != 1)
    throw_openssl("start to verify");
  const int verdict = EVP_DigestVerify(
      context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
      reinterpret_cast<const unsigned char*>(message.data()), message.size());
  ERR_clear_error();
  return verdict == 1;
}

PrivateKey PrivateKey::generate() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) throw_openssl("generate a key");
  PrivateKey result;
  result.key_ = std::move(key);
  return result;
}

PrivateKey PrivateKey::load(const std::string& path) {
  std::uint32_t mode = 0;
  std::string pem;
  try {
    mode = InputFile(path).mode();
    pem = read_file(path, document::key);
  } catch (const Error& error) {
    throw Error(ExitCode::config, error.what());
  }
  const Erased erased{pem};
  // Before its mode: who followed that advice would hide a key that is meant to be seen.
  if (pem.find("-----BEGIN PUBLIC KEY-----") != std::string::npos &&
      pem.find("PRIVATE KEY-----") == std::string::npos)
    throw Error(ExitCode::config, "{}: is a public key; name the private one", path);
  if ((mode & 077) != 0)
    throw Error(ExitCode::config,
                "{}: a private key that others than you can use (mode {:04o}); run `chmod 600 {}`",
                path, mode, path);
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) throw_openssl("read from memory");
  bool encrypted = false;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, &encrypted));
  ERR_clear_error();
  if (encrypted)
    throw Error(ExitCode::config,
                "{}: is encrypted, and a batch job cannot ask for the passphrase; decrypt it with "
                "`openssl pkcs8 -in {} -out NEW`",
                path, path);
  if (!key)
    throw Error(ExitCode::config, "{}: not a private key in PEM (-----BEGIN PRIVATE KEY-----)",
                path);
  demand_p256(key.get(), path);
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (!context || EVP_PKEY_pairwise_check(context.get()) != 1) {
    ERR_clear_error();
    throw Error(ExitCode::config,
                "{}: damaged: its private and public halves do not belong together", path);
  }
  PrivateKey result;
  result.key_ = std::move(key);
  return result;
}

void PrivateKey::save(const std::string& path) const {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST)
    throw Error(ExitCode::data, "{}: exists; keys are never overwritten: choose another name",
                path);
  if (file < 0) throw Error(ExitCode::data, "{}: cannot write: {}", path, std::strerror(errno));
  const Bio bio(BIO_new_fd(file, BIO_CLOSE));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), handle(key_), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      ::fsync(file) != 0) {
    const int reason = errno;
    ::unlink(path.c_str());
    throw Error(ExitCode::data, "{}: cannot write: {}", path, std::strerror(reason));
  }
}

PublicKey PrivateKey::public_key() const {
  return PublicKey::from_pem(public_pem(handle(key_)), "public half of a private key");
}

std::string PrivateKey::sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr,
                                        handle(key_), nullptr) != 1)
    throw_openssl("start to sign");
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) != 1)
    throw_openssl("sign");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes, message.size()) != 1)
    throw_openssl("sign");
  signature.resize(size);
  return with_low_s(signature);
}

Secret PrivateKey::derive(std::string_view salt, std::string_view info) const {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(handle(key_), OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
    throw_openssl("read a private key");
  Secret secret;
  const int size = static_cast<int>(secret.bytes().size());
  auto* bytes = reinterpret_cast<unsigned char*>(secret.bytes().data());
  const int written = BN_bn2binpad(number, bytes, size);
  BN_clear_free(number);
  if (written != size) throw_openssl("read a private key");
  return hkdf(secret.bytes(), salt, info);
}

bool is_canonical_signature(std::string_view der) {
  const Signature signature = signature_from(der);
  if (!signature || der_of(signature.get()) != der) return false;
  const BIGNUM *r = ECDSA_SIG_get0_r(signature.get()), *s = ECDSA_SIG_get0_s(signature.get());
  const auto is_positive = [](const BIGNUM* x) { return !BN_is_zero(x) && !BN_is_negative(x); };
  return is_positive(r) && is_positive(s) && is_low(s);
}

}  // namespace bailiwick

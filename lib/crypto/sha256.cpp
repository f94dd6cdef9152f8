// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/sha256.hpp"

#include <openssl/evp.h>

#include <vector>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/crypto/openssl_error.hpp"

namespace bailiwick {

namespace {

const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (md == nullptr) throw_openssl("provide SHA-256");
  return md;
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  Context() = default;
  ~Context() { EVP_MD_CTX_free(md); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void start() {
    if (md == nullptr || EVP_DigestInit_ex2(md, algorithm(), nullptr) != 1)
      throw_openssl("start SHA-256");
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  context_->start();
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) != 1)
    throw_openssl("compute SHA-256");
  return *this;
}

Sha256& Sha256::update(std::string_view text) {
  return update(std::as_bytes(std::span(text)));
}

Digest Sha256::finish() {
  Digest digest;
  if (EVP_DigestFinal_ex(context_->md, digest.bytes.data(), nullptr) != 1)
    throw_openssl("finish SHA-256");
  context_->start();
  return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
  Digest digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), nullptr, algorithm(), nullptr) !=
      1)
    throw_openssl("compute SHA-256");
  return digest;
}

Digest sha256(std::string_view bytes) {
  return sha256(std::as_bytes(std::span(bytes)));
}

Digest sha256_file(const std::string& path) {
  InputFile file(path);
  Sha256 hash;
  std::vector<std::byte> buffer(std::size_t{1}
                                << 18);  // stays in the L2 cache between read and hash
  for (std::uint64_t size = 0;;) {
    const std::size_t count = file.read(buffer);
    size += count;
    if (size > file.size())
      throw Error(ExitCode::data, "{}: grows while it is read; has it been written to its end?",
                  path);
    if (count == 0) return hash.finish();
    hash.update(std::span(buffer).first(count));
  }
}

}  // namespace bailiwick

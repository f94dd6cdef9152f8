// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/key_stream.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>

#include "lib/core/error.hpp"
#include "lib/crypto/openssl_error.hpp"
#include "lib/crypto/openssl_handle.hpp"

namespace bailiwick {

namespace {

static_assert(std::endian::native == std::endian::little, "key streams are read as they lie");

constexpr std::size_t chunk = 512;  // words: stays in the first-level cache, long for OpenSSL
constexpr std::uint64_t longest = std::uint64_t{1} << 35;

using Context = openssl::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// Looked up once: OpenSSL's search costs as much as 3 KiB of masks.
const EVP_CIPHER* chacha20() {
  static const openssl::Handle<EVP_CIPHER, EVP_CIPHER_free> cipher(
      EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr));
  return cipher.get();
}

}  // namespace

void add_key_stream(const Secret& key, std::uint64_t first, Sign sign,
                    std::span<std::int64_t> words) {
  ensure(first % 8 == 0, "a part of a key stream starts at a block");
  ensure(words.size() <= longest && first <= longest - words.size(), "a key stream is long enough");
  // OpenSSL's IV is the 32-bit little-endian block counter, then the 96-bit nonce.
  std::array<unsigned char, 16> iv{};
  for (int i = 0; i < 4; ++i)
    iv[static_cast<std::size_t>(i)] = static_cast<unsigned char>((first / 8) >> (8 * i));
  const Context context(EVP_CIPHER_CTX_new());
  if (!context || EVP_EncryptInit_ex2(context.get(), chacha20(),
                                      reinterpret_cast<const unsigned char*>(key.bytes().data()),
                                      iv.data(), nullptr) != 1)
    throw_openssl("start a key stream");

  static constexpr std::array<unsigned char, 8 * chunk> zeros{};
  std::array<std::uint64_t, chunk> stream;
  for (std::size_t begin = 0; begin < words.size(); begin += chunk) {
    const std::size_t count = std::min(chunk, words.size() - begin);
    int written = 0;
    if (EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(stream.data()), &written,
                          zeros.data(), static_cast<int>(8 * count)) != 1 ||
        written != static_cast<int>(8 * count))
      throw_openssl("continue a key stream");
    std::int64_t* const to = words.data() + begin;
    // Unsigned arithmetic wraps; 0 - s is the mask of the other side.
    if (sign == Sign::plus)
      for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(to[i]) + stream[i]);
    else
      for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(to[i]) - stream[i]);
  }
  erase(std::as_writable_bytes(std::span(stream)));
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>

#include "lib/crypto/secret.hpp"

namespace bailiwick {

enum class Sign { plus, minus };

/// Adds words first, first + 1, ... of a key's stream to `words` modulo 2^64, or subtracts them.
/// Word w is bytes 8w to 8w + 7, little-endian, of the ChaCha20 key stream (RFC 8439) with nonce 0
/// and block counter 0. Disjoint ranges may be taken by different threads. `first` must be a
/// multiple of 8 (one block), and no stream is longer than 2^35 words, where its counter would
/// wrap.
void add_key_stream(const Secret& key, std::uint64_t first, Sign sign,
                    std::span<std::int64_t> words);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>

namespace bailiwick {

/// `count` bytes from OpenSSL's generator for secrets: salts and the like. Never for science, whose
/// random numbers are functions of the seed.
std::string random_bytes(std::size_t count);

/// A random UUID (RFC 4122 version 4), e.g. "0b0fd1a2-6a7c-4a52-9e39-2f4ad5ad6cb1".
std::string new_uuid();

}  // namespace bailiwick

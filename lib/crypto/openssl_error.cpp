// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/openssl_error.hpp"

#include <openssl/err.h>

#include "lib/core/error.hpp"

namespace bailiwick {

void throw_openssl(const char* action) {
  char reason[256] = "no reason given";
  if (const unsigned long code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  throw Error(ExitCode::bug, "OpenSSL cannot {}: {}; check its configuration (openssl version -d)",
              action, reason);
}

}  // namespace bailiwick

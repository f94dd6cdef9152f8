// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick {

/// Throws ExitCode::bug with OpenSSL's own reason. For calls that only fail when the library itself
/// is broken or misconfigured; bad input gets a message of its own where it is read.
[[noreturn]] void throw_openssl(const char* action);

}  // namespace bailiwick

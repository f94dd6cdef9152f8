// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/digest.hpp"

namespace bailiwick {

/// What an authority's answer (RFC 3161, TimeStampResp in DER) says, whoever signed it: that this
/// digest was there at that time.
struct TimeStamp {
  Digest sha256;
  std::string time;  ///< RFC 3339, UTC, whole seconds; the authority's clock

  /// Throws ExitCode::data if `der` is no such answer, or not about a SHA-256.
  static TimeStamp parse(const std::string& der);
};

/// Whether its signature holds, by a certificate for time stamps that one of `authorities` (PEM
/// files, each may hold several certificates) vouches for; empty if so, else why not. Throws
/// ExitCode::config of a file that cannot be read.
std::string time_stamp_problem(const std::string& der, const std::vector<std::string>& authorities);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

/// Whose rows may be in the same sums, as a trust says that owners believe (docs/policy.md).
struct TrustList {
  std::string name;
  std::string valid_until;        ///< RFC 3339
  std::vector<std::string> keys;  ///< ids

  bool operator==(const TrustList&) const = default;
};

inline constexpr const char* trust_type = "application/vnd.bailiwick.trust.v1+json";

/// The form that is signed.
Json to_json(const TrustList& list);
/// Fails closed: what is not understood throws ExitCode::policy.
TrustList trust_from_json(const Json& json, const std::string& what);

}  // namespace bailiwick

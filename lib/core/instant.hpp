// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bailiwick {

/// A moment, comparable whatever zone it was written in.
struct Instant {
  std::int64_t seconds = 0;  ///< since 1970-01-01T00:00:00Z
  std::int32_t nanoseconds = 0;

  auto operator<=>(const Instant&) const = default;
};

/// RFC 3339 with a zone: "2026-11-21T00:38:00Z", "2026-11-21T01:38:00.5+01:00". Anything else,
/// leap seconds and dates that do not exist included, is nothing.
std::optional<Instant> parse_instant(std::string_view text);

/// Whether it is one in the form that records have: YYYY-MM-DDThh:mm:ssZ.
bool is_utc_second(std::string_view text);
/// Now, in that form.
std::string utc_now();

}  // namespace bailiwick

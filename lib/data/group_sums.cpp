// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/group_sums.hpp"

#include <utility>

#include "lib/crypto/sha256.hpp"

namespace bailiwick {

std::uint64_t smallest_group(const Aggregate& sum) {
  std::int64_t least = 0;
  for (const std::int64_t rows : sum.words("rows"))
    if (rows > 0 && (least == 0 || rows < least)) least = rows;
  return static_cast<std::uint64_t>(least);
}

Aggregate sum_groups(const std::string& round, std::vector<Aggregate> parts, Boundary& sums,
                     std::span<const double> parameters) {
  for (std::size_t d = 0; d < parts.size(); ++d) {
    Aggregate whole = parts[d];
    sums.within_domain(d, whole);
    if (sums.leads(d)) parts[d].set_rows(static_cast<std::int64_t>(smallest_group(whole)));
  }
  sums.across_domains_again(
      round, parts, Sha256().update(round).update("\n").update(std::as_bytes(parameters)).finish(),
      MadeOf::groups);
  parts.front().normalise();
  return std::move(parts.front());
}

}  // namespace bailiwick

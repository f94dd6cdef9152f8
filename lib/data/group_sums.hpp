// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/boundary/boundary.hpp"

namespace bailiwick {

/// The least number in stream `rows`, those of each group, that is not 0; 0 if all are.
std::uint64_t smallest_group(const Aggregate& sum);

/// One round. A domain's part says that it is made of the rows of its smallest group, those of
/// stream `rows`: what a policy asks of a part then holds for every group. `parameters` as for
/// Sums::across_domains. Collective over the world.
Aggregate sum_groups(const std::string& round, std::vector<Aggregate> parts, Boundary& sums,
                     std::span<const double> parameters = {});

}  // namespace bailiwick

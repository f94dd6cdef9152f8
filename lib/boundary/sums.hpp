// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/boundary/aggregate.hpp"

namespace bailiwick {

/// Takes integer sums on behalf of a model. Implemented by Boundary.
class Sums {
 public:
  virtual ~Sums() = default;
  /// Over the ranks of the d-th of this rank's domains; nothing leaves the domain. Collective over
  /// the ranks of that domain.
  virtual void within_domain(std::size_t d, Aggregate& aggregate) = 0;
  /// Over all domains, one part for each of this rank's domains: one round of the boundary.
  /// Collective over the world.
  virtual Aggregate across_domains(const std::string& round, std::vector<Aggregate> parts) = 0;
};

}  // namespace bailiwick

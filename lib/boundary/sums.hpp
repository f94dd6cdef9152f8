// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lib/boundary/aggregate.hpp"

namespace bailiwick {

/// Takes integer sums on behalf of a model. Implemented by Boundary.
class Sums {
 public:
  virtual ~Sums() = default;

  /// How many domains this rank belongs to; d below counts them, in the order of the run.
  virtual std::size_t local_domains() const = 0;
  /// True if this rank is the first of its d-th domain: the one that contributes what the whole
  /// domain knows.
  virtual bool leads(std::size_t d) const = 0;

  /// Over the ranks of the d-th domain; nothing leaves the domain. Collective over those ranks.
  virtual void within_domain(std::size_t d, Aggregate& aggregate) = 0;
  /// All values of the ranks of the d-th domain, in rank order; nothing leaves the domain.
  /// Collective over those ranks.
  virtual std::vector<double> gather_within_domain(std::size_t d,
                                                   std::span<const double> values) = 0;

  /// Over all domains, one part for each of this rank's domains: one round of the boundary.
  /// `parameters`: what the parts were computed at, equal everywhere; domains at other parameters
  /// cannot take part. Collective over the world.
  virtual Aggregate across_domains(const std::string& round, std::vector<Aggregate> parts,
                                   std::span<const double> parameters = {}) = 0;
};

}  // namespace bailiwick

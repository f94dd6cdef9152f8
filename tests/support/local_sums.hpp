// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/boundary/sums.hpp"

namespace bailiwick::testing {

/// One rank that holds all domains: sums in process, and keeps the words of the last round of each
/// name.
class LocalSums : public Sums {
 public:
  explicit LocalSums(std::size_t domains) : domains_(domains) {}

  std::size_t local_domains() const override { return domains_; }
  bool leads(std::size_t) const override { return true; }
  void within_domain(std::size_t, Aggregate& aggregate) override { aggregate.normalise(); }
  std::vector<double> gather_within_domain(std::size_t, std::span<const double> values) override {
    return {values.begin(), values.end()};
  }
  Aggregate across_domains(const std::string& round, std::vector<Aggregate> parts,
                           std::span<const double> = {}) override {
    Aggregate total = std::move(parts.front());
    for (std::size_t d = 1; d < parts.size(); ++d)
      total.add(parts[d]);
    total.normalise();
    words[round].assign(total.words().begin(), total.words().end());
    ++rounds;
    return total;
  }

  int rounds = 0;
  std::map<std::string, std::vector<std::int64_t>> words;

 private:
  std::size_t domains_;
};

}  // namespace bailiwick::testing

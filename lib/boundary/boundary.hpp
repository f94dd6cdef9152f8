// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/boundary/decomposition.hpp"
#include "lib/boundary/sums.hpp"

namespace bailiwick {

/// One crossing, as the ledger keeps it.
struct LedgerLine {
  std::uint64_t round = 0;
  std::string name;
  std::uint64_t words = 0;  ///< 64-bit words a domain sent
  std::uint64_t domains = 0;
};

/// The gate: the one place where sums leave a domain.
class Boundary : public Sums {
 public:
  explicit Boundary(DomainDecomposition& decomposition) : decomposition_(decomposition) {}

  std::size_t local_domains() const override { return decomposition_.local_domains().size(); }
  bool leads(std::size_t d) const override { return decomposition_.leads(d); }
  void within_domain(std::size_t d, Aggregate& aggregate) override;
  std::vector<double> gather_within_domain(std::size_t d, std::span<const double> values) override;
  Aggregate across_domains(const std::string& round, std::vector<Aggregate> parts) override;

  /// What each domain's policy lets everybody see, e.g. its own scores: `texts` holds one entry for
  /// each of this rank's domains, of which those it leads count. All domains' texts on every rank,
  /// in the order of the run. Collective over the world. The caller has the policies' leave.
  std::vector<std::string> release(const std::string& round, const std::vector<std::string>& texts);

  const std::vector<LedgerLine>& ledger() const { return ledger_; }

 private:
  DomainDecomposition& decomposition_;
  std::vector<LedgerLine> ledger_;
};

}  // namespace bailiwick

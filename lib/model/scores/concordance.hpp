// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>

namespace bailiwick {

/// Harrell's concordance as whole numbers, so that domains' pairs can be added.
struct Concordance {
  std::int64_t comparable = 0;  ///< pairs of an event and a row known to outlive it
  std::int64_t concordant = 0;  ///< of them: the event has the higher risk
  std::int64_t tied = 0;        ///< of them: equal risks

  /// (concordant + tied/2) / comparable; not a number without pairs.
  double index() const;

  Concordance& operator+=(const Concordance& other) {
    comparable += other.comparable;
    concordant += other.concordant;
    tied += other.tied;
    return *this;
  }
};

/// Over the rows of one domain or stratum, in O(n log n). A pair is comparable if time_i < time_j
/// and i is an event, or at equal times if i is an event and j is not (Harrell et al. 1982;
/// lifelines concordance_index and R's survival::concordance count alike). risk: higher means
/// earlier, e.g. the linear predictor. entry (or empty): rows that enter at or after time_i are not
/// compared with i.
Concordance concordance(std::span<const double> time, std::span<const double> status,
                        std::span<const double> risk, std::span<const double> entry = {});

}  // namespace bailiwick

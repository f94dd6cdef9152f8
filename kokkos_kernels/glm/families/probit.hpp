// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/families/binomial.hpp"
#include "kokkos_kernels/math/normal.hpp"

namespace bailiwick::kernels {

/// Binomial, by the normal distribution function.
struct Probit : Binomial {
  static constexpr const char* name = "probit";
  static constexpr const char* title = "Probit regression (binomial, probit link)";
  static constexpr const char* rule = "a probit model needs a target between 0 and 1";
  static constexpr bool canonical = false;
  static constexpr InverseLink inverse_link = InverseLink::normal;

  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    using exact::detail::select;
    const exact::NormalTail tail(eta);
    // What of the row lies on the side of the predictor that is in the tail.
    const bool below = eta < 0.0;
    const double z = select(below, y, 1.0 - y), rest = 1.0 - z;
    const double residual = ::fma(z, tail.hazard, -(rest * tail.other_hazard));
    return {::fma(z, tail.log_probability, rest * tail.log_other),
            select(below, residual, -residual), tail.hazard * tail.other_hazard};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return exact::normal_cdf(eta); }
  static double link(double mean) { return exact::normal_quantile(mean); }
  static double deviance(double y, double eta) { return 2 * (saturated(y) - row(y, eta).value); }
  static double log_odds(double eta) {
    const exact::NormalTail tail(eta);
    const double odds = tail.log_probability - tail.log_other;
    return eta < 0 ? odds : -odds;
  }
};

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/families/binomial.hpp"

namespace bailiwick::kernels {

/// Binomial, complementary log-log link: whether a Poisson count of mean e^eta is above 0.
struct ComplementaryLogLog : Binomial {
  static constexpr const char* name = "cloglog";
  static constexpr const char* title =
      "Complementary log-log regression (binomial, complementary log-log link)";
  static constexpr const char* rule = "a cloglog model needs a target between 0 and 1";
  static constexpr bool canonical = false;
  static constexpr InverseLink inverse_link = InverseLink::complementary_log_log;

  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    using exact::detail::select;
    const double none = -rate(eta);  // log-probability of 0
    const double ratio = select(eta < -40.0, 1.0, -none / exact::expm1(-none));
    return {::fma(y, log_some(eta), (1.0 - y) * none), ::fma(y, ratio, (1.0 - y) * none),
            -none * ratio};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return -exact::expm1(-rate(eta)); }
  static double link(double mean) { return exact::log(-exact::log1p(-mean)); }
  static double deviance(double y, double eta) { return 2 * (saturated(y) - row(y, eta).value); }
  static double log_odds(double eta) { return log_some(eta) + rate(eta); }

 private:
  /// Finite, so that no row times 0 is not a number.
  KOKKOS_FORCEINLINE_FUNCTION static double rate(double eta) {
    return exact::exp(exact::detail::select(eta > 700.0, 700.0, eta));
  }
  /// log(1 - e^-rate), which far below is eta itself.
  KOKKOS_FORCEINLINE_FUNCTION static double log_some(double eta) {
    return exact::detail::select(eta < -40.0, eta, exact::log(-exact::expm1(-rate(eta))));
  }
};

}  // namespace bailiwick::kernels

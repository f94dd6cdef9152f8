// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/family.hpp"
#include "kokkos_kernels/math/log_gamma.hpp"

namespace bailiwick::kernels {

/// Log link: means are positive whatever the predictor, and effects are factors.
struct Gamma : FamilyDefaults {
  static constexpr const char* name = "gamma";
  static constexpr const char* title = "Gamma regression (log link)";
  static constexpr const char* prediction = "mean";
  static constexpr const char* rule = "a gamma model needs a target greater than 0";
  static constexpr bool canonical = false, dispersion = true;
  static constexpr Response response = Response::rate;
  static constexpr InverseLink inverse_link = InverseLink::exponential;

  static bool allows(double y) { return y > 0; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    const double ratio = y * exact::exp(-eta);
    return {-ratio - eta, ratio - 1.0, 1.0};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return exact::exp(eta); }
  static double variance(double mean) { return mean * mean; }
  static double link(double mean) { return exact::log(mean); }
  static double saturated(double y) { return -1 - exact::log(y); }
  static double deviance(double y, double eta) {
    const double ratio = y * exact::exp(-eta);
    return 2 * ((ratio - 1) - exact::log(ratio));
  }
  /// At the dispersion deviance / weight, as R takes it: sum w (a log a - log Gamma(a) - a ratio -
  /// a log mean + (a - 1) log y), a = 1 / dispersion.
  static double log_likelihood(const FamilyTotals& totals, double sum) {
    const double shape = totals.weight / (2 * (totals.saturated - sum));
    const double log_y = -totals.weight - totals.saturated;
    return ::fma(totals.weight, shape * exact::log(shape) - exact::log_gamma(shape),
                 ::fma(shape, sum, (shape - 1) * log_y));
  }
};

}  // namespace bailiwick::kernels

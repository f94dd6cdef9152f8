// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/family.hpp"

namespace bailiwick::kernels {

/// Log link.
struct InverseGaussian : FamilyDefaults {
  static constexpr const char* name = "inverse_gaussian";
  static constexpr const char* title = "Inverse Gaussian regression (log link)";
  static constexpr const char* prediction = "mean";
  static constexpr const char* rule = "an inverse Gaussian model needs a target greater than 0";
  static constexpr bool canonical = false, dispersion = true;
  static constexpr TargetPowers powers{-1, -1, -1};
  static constexpr Response response = Response::rate;
  static constexpr InverseLink inverse_link = InverseLink::exponential;

  static bool allows(double y) { return y > 0; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    const double inverse = exact::exp(-eta), ratio = y * inverse;
    return {inverse * ::fma(-0.5, ratio, 1.0), inverse * (ratio - 1.0), inverse};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return exact::exp(eta); }
  static double variance(double mean) { return mean * mean * mean; }
  static double link(double mean) { return exact::log(mean); }
  static double saturated(double y) { return 0.5 / y; }
  static double deviance(double y, double eta) {
    const double inverse = exact::exp(-eta), rest = ::fma(y, inverse, -1);
    return rest * rest / y;
  }
  static double constant(double y, double weight) { return -1.5 * weight * exact::log(y); }
  /// At the dispersion deviance / weight, as R takes it.
  static double log_likelihood(const FamilyTotals& totals, double sum) {
    const double mean_deviance = 2 * (totals.saturated - sum) / totals.weight;
    return totals.constant - totals.weight / 2 * (exact::log(two_pi * mean_deviance) + 1);
  }
};

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/family.hpp"

namespace bailiwick::kernels {

struct Gaussian : FamilyDefaults {
  static constexpr const char* name = "linear";
  static constexpr const char* title = "Linear regression (gaussian, identity link)";
  static constexpr const char* prediction = "mean";
  static constexpr const char* rule = "a linear model needs a number as its target";
  static constexpr bool dispersion = true, squares = true;
  static constexpr TargetPowers powers{2, 1, 0};
  static constexpr Response response = Response::mean;
  static constexpr InverseLink inverse_link = InverseLink::identity;

  static bool allows(double) { return true; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    const double residual = y - eta;
    return {-0.5 * (residual * residual), residual, 1.0};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return eta; }
  static double variance(double) { return 1; }
  static double link(double mean) { return mean; }
  static double saturated(double) { return 0; }
  static double deviance(double y, double eta) { return (y - eta) * (y - eta); }
  static double constant(double, double weight) { return exact::log(weight) / 2; }
  static double log_likelihood(const FamilyTotals& totals, double sum) {
    return totals.constant - totals.rows / 2 * (exact::log(two_pi * (-2 * sum) / totals.rows) + 1);
  }
};

}  // namespace bailiwick::kernels

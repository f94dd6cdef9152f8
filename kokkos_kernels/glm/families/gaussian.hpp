// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/family.hpp"

namespace bailiwick::kernels {

struct Gaussian {
  static constexpr const char* name = "linear";
  static constexpr const char* title = "Linear regression (gaussian, identity link)";
  static constexpr const char* prediction = "mean";
  static constexpr const char* rule = "a linear model needs a number as its target";
  static constexpr bool dispersion = true, squares = true;
  static constexpr TargetPowers powers{2, 1, 0};
  static constexpr Response response = Response::mean;

  static bool allows(double) { return true; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    const double residual = y - eta;
    return {-0.5 * (residual * residual), residual, 1.0};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return eta; }
  static double link(double mean) { return mean; }
  static bool whole(double, double) { return true; }
  static double saturated(double) { return 0; }
  static double deviance(double y, double eta) { return (y - eta) * (y - eta); }
  static double constant(double, double weight) { return exact::log(weight) / 2; }
};

}  // namespace bailiwick::kernels

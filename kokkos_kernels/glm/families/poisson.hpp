// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/family.hpp"
#include "kokkos_kernels/math/log_gamma.hpp"

namespace bailiwick::kernels {

/// Log link.
struct Poisson : FamilyDefaults {
  static constexpr const char* name = "poisson";
  static constexpr const char* title = "Poisson regression (log link)";
  static constexpr const char* prediction = "rate";
  static constexpr const char* rule = "a Poisson model needs a target that is not negative";
  static constexpr TargetPowers powers{1, 1, 1};
  static constexpr Response response = Response::rate;
  static constexpr InverseLink inverse_link = InverseLink::exponential;

  static bool allows(double y) { return y >= 0; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    const double mean = exact::exp(eta);
    return {::fma(y, eta, -mean), y - mean, mean};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return exact::exp(eta); }
  static double variance(double mean) { return mean; }
  static double link(double mean) { return exact::log(mean); }
  static bool whole(double y, double weight) { return is_whole(y) && is_whole(weight); }
  static double saturated(double y) { return x_log_x(y) - y; }
  static double deviance(double y, double eta) {
    return 2 * ((x_log_x(y) - y * eta) - (y - mean(eta)));
  }
  static double constant(double y, double weight) { return -weight * exact::log_gamma(y + 1); }
};

}  // namespace bailiwick::kernels

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "kokkos_kernels/glm/family.hpp"
#include "kokkos_kernels/math/log_gamma.hpp"

namespace bailiwick::kernels {

/// Logit link.
struct Binomial : FamilyDefaults {
  static constexpr const char* name = "logistic";
  static constexpr const char* title = "Logistic regression (binomial, logit link)";
  static constexpr const char* prediction = "probability";
  static constexpr const char* rule = "a logistic model needs a target between 0 and 1";
  static constexpr Response response = Response::probability;
  static constexpr InverseLink inverse_link = InverseLink::logistic;

  static bool allows(double y) { return y >= 0 && y <= 1; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    using exact::detail::select;
    // One exp serves the mean and the likelihood; neither overflows.
    const double e = exact::exp(select(eta < 0.0, eta, -eta));
    const double one_over = 1.0 / (1.0 + e);
    const double mean = select(eta < 0.0, e * one_over, one_over);
    const double positive = select(eta < 0.0, 0.0, eta);
    return {::fma(y, eta, -positive) - exact::log1p(e), y - mean, mean * (1.0 - mean)};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return exact::sigmoid(eta); }
  static double variance(double mean) { return mean * (1 - mean); }
  static double link(double mean) { return exact::log(mean / (1 - mean)); }
  /// Successes among so many trials.
  static bool whole(double y, double weight) { return is_whole(weight) && is_whole(weight * y); }
  static double saturated(double y) { return x_log_x(y) + x_log_x(1 - y); }
  static double deviance(double y, double eta) { return 2 * (saturated(y) - row(y, eta).value); }
  static double constant(double y, double weight) {  // the binomial coefficient
    if (y == 0 || y == 1) return 0;
    return exact::log_gamma(weight + 1) - exact::log_gamma(weight * y + 1) -
           exact::log_gamma(weight * (1 - y) + 1);
  }
};

}  // namespace bailiwick::kernels

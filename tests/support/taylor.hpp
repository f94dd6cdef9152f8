// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "lib/model/likelihood.hpp"

namespace bailiwick::testing {

/// Orders at which the Taylor remainders of an objective vanish: 2 with a right gradient, 3 with a
/// right Hessian.
struct TaylorOrders {
  double gradient;
  double hessian;
};

inline TaylorOrders taylor_orders(Objective& objective, std::span<const double> theta,
                                  std::span<const double> direction, double step = 0.02) {
  const Evaluation at = objective.evaluate(theta, Order::hessian);
  const std::vector<double> product = symmetric_times(at.hessian, direction);
  double slope = 0, curvature = 0;
  for (std::size_t j = 0; j < theta.size(); ++j) {
    slope += at.gradient[j] * direction[j];
    curvature += product[j] * direction[j];
  }
  double first[2], second[2];
  for (int k = 0; k < 2; ++k, step /= 2) {
    std::vector<double> moved(theta.begin(), theta.end());
    for (std::size_t j = 0; j < theta.size(); ++j)
      moved[j] += step * direction[j];
    const double change = objective.evaluate(moved, Order::value).value - at.value;
    first[k] = std::fabs(change - step * slope);
    second[k] = std::fabs(change - step * slope - step * step / 2 * curvature);
  }
  return {std::log2(first[0] / first[1]), std::log2(second[0] / second[1])};
}

}  // namespace bailiwick::testing

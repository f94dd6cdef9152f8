// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "lib/model/objective.hpp"

namespace bailiwick {

struct Iterate {
  int iteration = 0;
  std::vector<double> theta;
  Evaluation evaluation;
  double decrement = 0;  ///< Newton: g' H^-1 g; others: gradient norm
  int halvings = 0;
};

/// Called after each accepted step, and once for the start (iteration 0).
using Observer = std::function<void(const Iterate&)>;

struct NewtonOptions {
  /// On half the decrement, the log-likelihood still to be gained; then one more step is taken.
  /// Where that does not square the error, by Fisher's scoring, its square, if max_iterations are
  /// enough.
  double tolerance = 1e-12;
  int max_iterations = 50;  ///< that last step not counted
  int max_halvings = 30;
};

/// Newton's method with step-halving, decided on aggregated sums only; fixed-order Cholesky, so the
/// iterates are portable bits. Returns the last iterate, with its Hessian. Throws
/// ExitCode::data for a singular Hessian (names the parameter), ExitCode::not_converged otherwise.
Iterate newton(Objective& objective, std::vector<double> start, const NewtonOptions& options,
               const Observer& observer);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/newton.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/optim/cholesky.hpp"

namespace bailiwick {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum = std::fma(a[i], b[i], sum);
  return sum;
}

/// The Newton step, or an error that tells a bad design from data that pull a parameter to
/// infinity.
std::vector<double> newton_step(const Objective& objective, const Iterate& at) {
  const Cholesky factor(at.evaluation.hessian);
  if (const auto column = factor.deficient()) {
    const std::string name = objective.parameter_name(*column);
    if (at.iteration == 0) {
      throw Error(ExitCode::data,
                  "the design is singular: '{}' is constant or a linear combination of the columns "
                  "before it; leave it out of model.features, or set model.l2 above 0",
                  name);
    }
    throw Error(
        ExitCode::not_converged,
        "after {} iterations the data say nothing more about '{}': it separates the outcomes "
        "perfectly or is nearly a linear combination of the columns before it; set model.l2 "
        "above 0, or leave it out of model.features",
        at.iteration, name);
  }
  std::vector<double> step = factor.solve(at.evaluation.gradient);
  for (double& s : step)
    s = -s;
  return step;
}

/// Where the maximum lies at infinity, the decrement falls by a constant factor (1/e for logistic,
/// Poisson and Cox models) and the step keeps its length; near a true optimum both fall
/// quadratically. The parameter that runs away fastest, in units of its own curvature, if one does
/// that no penalty holds.
std::optional<std::size_t> runaway(const Objective& objective, const Iterate& at,
                                   std::span<const double> step) {
  std::optional<std::size_t> worst;
  double most = 0;
  for (std::size_t j = 0; j < step.size(); ++j) {
    if (objective.is_penalised(j)) continue;
    if (step[j] * at.theta[j] <= 0.01 * at.theta[j] * at.theta[j]) continue;
    const double length = step[j] * step[j] * at.evaluation.hessian[j * (j + 3) / 2];
    if (length > most) {
      most = length;
      worst = j;
    }
  }
  return worst;
}

/// The longest halved step that does not climb and whose sums fit, if any; `saturated` tells
/// whether a longer one did not fit. By scoring, one that gains half of what its curvature
/// promises: a far too long one may end where the likelihood falls off slowly. `blindly`: any that
/// fits.
std::optional<Iterate> try_steps(Objective& objective, const Iterate& at,
                                 std::span<const double> step, int max_halvings, bool& saturated,
                                 bool blindly = false) {
  // The sums are exact, their values rounded: this much increase may be rounding alone.
  const double limit =
      blindly ? std::numeric_limits<double>::infinity()
              : at.evaluation.value + 0x1p-48 * (objective.unit() + std::fabs(at.evaluation.value));
  const double promised = objective.scoring() ? at.decrement / 4 : 0;
  Iterate next;
  next.iteration = at.iteration + 1;
  saturated = false;
  for (double length = 1; next.halvings <= max_halvings; length /= 2, ++next.halvings) {
    next.theta = at.theta;
    for (std::size_t j = 0; j < step.size(); ++j) {
      next.theta[j] = std::fma(length, step[j], at.theta[j]);
    }
    // The whole step is nearly always taken; a shorter one is tried by its value, which is cheap.
    const bool whole = next.halvings == 0;
    const auto fits = [&](Order order) {
      next.evaluation = objective.evaluate(next.theta, order);
      saturated = saturated || next.evaluation.saturated != 0;
      return next.evaluation.saturated == 0 && next.evaluation.value <= limit - length * promised;
    };
    if (fits(whole ? Order::hessian : Order::value) && (whole || fits(Order::hessian))) return next;
  }
  return std::nullopt;
}

}  // namespace

Iterate newton(Objective& objective, std::vector<double> start, const NewtonOptions& options,
               const Observer& observer) {
  ensure(start.size() == objective.size(), "the start has one value a parameter");
  Iterate at;
  at.theta = std::move(start);
  at.evaluation = objective.evaluate(at.theta, Order::hessian);
  if (at.evaluation.saturated != 0) {
    throw Error(ExitCode::data,
                "{} sums at the start are not finite or too large: a weight or offset is far from "
                "all others, or a column has outliers (or is not standardised: model.standardise)",
                at.evaluation.saturated);
  }
  double previous = 0;
  int linear_steps = 0;
  bool saturated = false, was_close = false;
  for (;;) {
    const std::vector<double> step = newton_step(objective, at);
    at.decrement = -dot(at.evaluation.gradient, step);
    if (observer) observer(at);

    const bool linear = at.halvings == 0 && at.iteration > 0 && at.decrement > 0.1 * previous;
    linear_steps = linear ? linear_steps + 1 : 0;
    // What rounding leaves of the decrement, of the order of eps^2 |value|, is as good as none.
    const double rounding = 0x1p-90 * std::fabs(at.evaluation.value);
    const double near = std::max(options.tolerance * objective.unit(), rounding);
    // One more of Newton's steps squares the error; scoring goes on until it is as small.
    const double wanted =
        objective.scoring()
            ? std::max(options.tolerance * options.tolerance * objective.unit(), rounding)
            : near;
    // Between the two the value shows no difference any more: steps are taken while they shrink.
    const bool close = at.decrement / 2 <= near;
    const bool stalled = was_close && at.decrement >= previous;
    const bool converged = at.decrement / 2 <= wanted || stalled;
    const bool exhausted = at.iteration == options.max_iterations;
    std::optional<Iterate> next;
    if (!converged && !exhausted) {
      next = try_steps(objective, at, step, close ? 0 : options.max_halvings, saturated, close);
    }
    if ((!next || close) && (linear_steps >= 2 || saturated)) {
      if (const auto j = runaway(objective, at, step)) {
        throw Error(
            ExitCode::not_converged,
            "no finite estimate exists: after {} iterations the coefficient of '{}' is {:.4g} "
            "and still grows while the likelihood does not (perfect separation, or one "
            "row far from all others, which keeps steps short); look at that column, set "
            "model.l2 above 0, or leave it out of model.features",
            at.iteration, objective.parameter_name(*j), objective.in_units(*j, at.theta[*j]));
      }
    }
    if (next) {
      previous = at.decrement;
      was_close = close;
      at = std::move(*next);
      continue;
    }
    if (exhausted && close && !converged) return at;
    if (converged || close) {
      // The decrement is the error before this step, which squares it: take it if it does not
      // climb.
      next = try_steps(objective, at, step, 0, saturated);
      if (!next) return at;
      at = std::move(*next);
      at.decrement = -dot(at.evaluation.gradient, newton_step(objective, at));
      if (observer) observer(at);
      return at;
    }
    if (exhausted) {
      throw Error(ExitCode::not_converged,
                  "not converged after {} iterations: half the Newton decrement is {:.3g}, wanted "
                  "{:.3g}; raise train.max_iterations, and go on from its last checkpoint "
                  "(--resume FILE, in another folder), or train.tolerance",
                  at.iteration, at.decrement / 2, wanted);
    }
    throw Error(
        ExitCode::not_converged,
        "iteration {}: the objective does not decrease along the Newton step, even after {} "
        "halvings; standardise the columns (model.standardise), or raise train.tolerance",
        at.iteration + 1, options.max_halvings);
  }
}

}  // namespace bailiwick

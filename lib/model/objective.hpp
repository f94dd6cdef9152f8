// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/sums/order.hpp"
#include "lib/boundary/sums.hpp"
#include "lib/core/error.hpp"
#include "lib/model/clusters.hpp"

namespace bailiwick {

using kernels::Order;

/// A function of the parameters and its derivatives, equal on every rank.
struct Evaluation {
  double value = 0;              ///< penalised negative log-likelihood, summed over rows
  std::vector<double> gradient;  ///< d
  std::vector<double> hessian;   ///< packed lower triangle by rows, d (d+1) / 2
  std::int64_t saturated = 0;    ///< contributions that did not fit; if not 0 the rest is void
  double log_likelihood = 0;     ///< without the penalty
};

/// Sums over rows, or clusters of them, packed lower triangle; and how many clusters there are.
struct ScoreProducts {
  std::vector<double> products;
  double clusters = 0;
};

/// What a solver minimises. One for GLMs and survival models, behind Newton and TAO alike.
class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::size_t size() const = 0;
  /// Collective over the world.
  virtual Evaluation evaluate(std::span<const double> theta, Order order) = 0;
  /// Hessian at theta times v, matrix-free. Collective over the world.
  virtual std::vector<double> hessian_times(std::span<const double> theta,
                                            std::span<const double> v) = 0;
  /// Sum over rows, or clusters of them, of the products of their scores: what errors that do not
  /// rest on the model are made of. `clusters`: nullptr: each row is one. Collective over the
  /// world.
  virtual ScoreProducts score_products(std::span<const double>, const Clusters*) {
    throw Error(ExitCode::bug, "internal error: an objective without scores; please report this");
  }
  /// Where a solver starts.
  virtual std::vector<double> start() const { return std::vector<double>(size(), 0.0); }
  /// How much of the value counts as one: rows of weight 1, numbers of ordinary size. A solver's
  /// absolute tolerances are times this.
  virtual double unit() const { return 1; }
  /// Whether the Hessian is an expected one that differs from the observed one: Fisher's scoring,
  /// whose steps take a factor off the error where Newton's square it.
  virtual bool scoring() const { return false; }
  /// True if a penalty holds the parameter: it has a finite optimum, whatever the data.
  virtual bool is_penalised(std::size_t i) const = 0;
  /// Name of a parameter, for messages, and a value of it in the units of the data.
  virtual std::string parameter_name(std::size_t i) const = 0;
  virtual double in_units(std::size_t, double value) const { return value; }
};

}  // namespace bailiwick

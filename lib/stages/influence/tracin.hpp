// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/data/model_rows.hpp"
#include "lib/kinds/network/data.hpp"
#include "lib/kinds/network/network.hpp"

namespace bailiwick {

class Run;

/// By how much each domain's rows lowered the mean loss of other rows while a network was trained,
/// to first order (TracInCP, Pruthi et al. 2020): over its checkpoints, learning rates times the
/// inner product of two gradients, that of the domain's part of the mean training loss and that of
/// the mean loss of the other rows. As if steps went along the gradient, nothing dropped out; a
/// penalty is nobody's. All members are collective.
class TracIn {
 public:
  /// The other rows are those of `split`; "": all.
  TracIn(Run& run, const ModelColumns& columns, const std::string& split);

  /// An epoch ended with these parameters; `rates`: the sum of its steps' learning rates. Throws
  /// ExitCode::not_converged if a sum is not finite or too large.
  void add(std::span<const double> parameters, double rates);
  /// Of each domain of the run, in the units of the loss; above 0: the loss fell by its rows. Over
  /// the first `epochs`. Releases them as statistics of single domains.
  std::vector<double> influence(std::size_t epochs);

 private:
  void sum_own_gradients();
  void add_weight(std::size_t d, const Aggregate& part);
  double sum_weights();
  std::vector<double> gradient_of_others();

  Run& run_;
  NetworkData data_;
  Network network_;
  Batch batch_;
  StepOptions step_, others_;
  std::vector<Aggregate> step_parts_, batch_parts_, totals_, weights_;
  std::vector<std::vector<double>> own_;    ///< of each local domain that this rank leads
  std::vector<std::vector<double>> terms_;  ///< likewise, one an epoch
  std::optional<double> weight_;            ///< of all rows that are trained on
};

}  // namespace bailiwick

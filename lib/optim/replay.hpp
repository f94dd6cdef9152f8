// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/model/objective.hpp"
#include "lib/optim/state.hpp"

namespace bailiwick {

/// An objective that remembers what it was asked and what it answered. Solvers decide by the
/// answers alone, so one that hears them again comes back to where it was, bit for bit, without a
/// row being read or a sum crossing: which is how any solver, PETSc's too, goes on from a
/// checkpoint.
class Replay : public Objective {
 public:
  explicit Replay(Objective& objective) : objective_(objective) {}

  std::size_t size() const override { return objective_.size(); }
  std::vector<double> start() const override { return objective_.start(); }
  double unit() const override { return objective_.unit(); }
  bool scoring() const override { return objective_.scoring(); }
  bool is_penalised(std::size_t i) const override { return objective_.is_penalised(i); }
  std::string parameter_name(std::size_t i) const override { return objective_.parameter_name(i); }
  double in_units(std::size_t i, double value) const override {
    return objective_.in_units(i, value);
  }
  /// Answered from memory as long as the questions are those remembered.
  Evaluation evaluate(std::span<const double> theta, Order order) override;
  std::vector<double> hessian_times(std::span<const double> theta,
                                    std::span<const double> v) override;

  /// What it remembers, as arrays of a checkpoint, and back. Throws ExitCode::data if they do not
  /// fit.
  State state() const;
  void restore(const State& state);

 private:
  /// The next answer, if this is the next question; otherwise what is left is forgotten.
  const double* recall(double question);
  void remember(double question, const std::vector<double>& answer);

  Objective& objective_;
  std::vector<double> questions_, lengths_, answers_;
  std::size_t next_ = 0, offset_ = 0;  ///< of the questions, and in the answers
};

}  // namespace bailiwick

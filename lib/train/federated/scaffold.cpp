// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/federated/strategy.hpp"

namespace bailiwick {

namespace {

/// Karimireddy et al., ICML 2020: what a domain's steps drift by is measured, and taken back.
class Scaffold : public Strategy {
 public:
  Scaffold(double learning_rate, const StrategyShape& shape)
      : learning_rate_(learning_rate),
        control_(shape.shared, 0.0),
        local_(shape.domains, control_),
        correction_("correction", shape.parameters) {}

  std::vector<Stream> streams() const override {
    return {{"control", control_.size(), change_format}};
  }

  kernels::Pull pull(std::size_t d, std::span<const double> start) override {
    std::vector<double> correction(start.size(), 0.0);
    for (std::size_t i = 0; i < control_.size(); ++i)
      correction[i] = control_[i] - local_[d][i];
    kernels::Pull pull;
    pull.correction = put(correction_, correction);
    return pull;
  }

  /// Option II, equation (4). c weighs domains as theta does: corrections that do not cancel in the
  /// mean would be drift of their own.
  void contribute(const LocalRound& round, Aggregate& sum) override {
    const double scale = 1 / (static_cast<double>(round.steps) * learning_rate_);
    std::vector<double> values(control_.size());
    for (std::size_t i = 0; i < control_.size(); ++i) {
      const double moved = (round.common[i] - round.after[i]) * scale - control_[i];
      local_[round.domain][i] += moved;
      values[i] = round.weight * moved;
    }
    if (round.leads) sum.add("control", values);
  }

  void end_round(const Aggregate& sum, double weight) override {
    const std::vector<double> moved = sum.values("control");
    for (std::size_t i = 0; i < control_.size(); ++i)
      control_[i] += moved[i] / weight;
  }

  State state() const override { return {{"control", control_}}; }
  State state(std::size_t d) const override { return {{"control", local_[d]}}; }
  void restore(const State& state) override {
    control_ = array_of(state, "control", control_.size());
  }
  void restore(std::size_t d, const State& state) override {
    local_[d] = array_of(state, "control", control_.size());
  }

 private:
  double learning_rate_;
  std::vector<double> control_;             ///< c
  std::vector<std::vector<double>> local_;  ///< c_i of each local domain
  DeviceNumbers correction_;
};

}  // namespace

std::unique_ptr<Strategy> make_scaffold(const TrainConfig& train, const StrategyShape& shape) {
  return std::make_unique<Scaffold>(train.descent.learning_rate, shape);
}

}  // namespace bailiwick

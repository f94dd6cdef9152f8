// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/federated/strategy.hpp"

namespace bailiwick {

namespace {

/// Li et al., MLSys 2020: local steps are drawn back to the common parameters.
class FedProx : public Strategy {
 public:
  FedProx(double proximal, std::size_t parameters)
      : proximal_(proximal), anchor_("anchor", parameters) {}

  kernels::Pull pull(std::size_t, std::span<const double> start) override {
    return {proximal_, put(anchor_, start), nullptr};
  }

 private:
  double proximal_;
  DeviceNumbers anchor_;
};

}  // namespace

std::unique_ptr<Strategy> make_fedprox(const TrainConfig& train, const StrategyShape& shape) {
  return std::make_unique<FedProx>(train.federated->proximal, shape.parameters);
}

}  // namespace bailiwick

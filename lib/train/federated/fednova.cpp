// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/federated/strategy.hpp"

namespace bailiwick {

namespace {

/// Wang et al., NeurIPS 2020: domains that take more steps count no more for it.
class FedNova : public Strategy {
 public:
  double divisor(double norm) const override { return norm; }
  double scale(double weight, double steps) const override { return steps / weight / weight; }
};

}  // namespace

std::unique_ptr<Strategy> make_fednova(const TrainConfig&, const StrategyShape&) {
  return std::make_unique<FedNova>();
}

}  // namespace bailiwick

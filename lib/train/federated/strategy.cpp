// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/federated/strategy.hpp"

#include <algorithm>

namespace bailiwick {

namespace {

/// McMahan et al. 2017, with one of the servers of Reddi et al., ICLR 2021.
class Averaging : public Strategy {
 public:
  explicit Averaging(ServerOptions::Method server) : server_(server) {}
  ServerOptions::Method server() const override { return server_; }

 private:
  ServerOptions::Method server_;
};

}  // namespace

std::unique_ptr<Strategy> make_strategy(const TrainConfig& train, const StrategyShape& shape) {
  switch (train.federated->strategy) {
    case StrategyName::fedavg:
      return std::make_unique<Averaging>(ServerOptions::Method::average);
    case StrategyName::fedadam:
      return std::make_unique<Averaging>(ServerOptions::Method::adam);
    case StrategyName::fedyogi:
      return std::make_unique<Averaging>(ServerOptions::Method::yogi);
    case StrategyName::fedadagrad:
      return std::make_unique<Averaging>(ServerOptions::Method::adagrad);
    case StrategyName::fedprox:
      return make_fedprox(train, shape);
    case StrategyName::scaffold:
      return make_scaffold(train, shape);
    case StrategyName::fednova:
      break;
  }
  return make_fednova(train, shape);
}

const double* put(const DeviceNumbers& view, std::span<const double> values) {
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view.data();
}

}  // namespace bailiwick

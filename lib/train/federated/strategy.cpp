// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/federated/strategy.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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

template <ServerOptions::Method Server>
std::unique_ptr<Strategy> make_averaging(const TrainConfig&, const StrategyShape&) {
  return std::make_unique<Averaging>(Server);
}

}  // namespace

MakeStrategy make_fedprox, make_scaffold, make_fednova;  // one file each

std::unique_ptr<Strategy> make_strategy(const TrainConfig& train, const StrategyShape& shape) {
  using enum ServerOptions::Method;
  static constexpr std::pair<std::string_view, MakeStrategy*> makers[] = {
      {"fedavg", make_averaging<average>},
      {"fedprox", make_fedprox},
      {"fedadam", make_averaging<adam>},
      {"fedyogi", make_averaging<yogi>},
      {"fedadagrad", make_averaging<adagrad>},
      {"scaffold", make_scaffold},
      {"fednova", make_fednova}};
  static constexpr auto word = [](const auto& maker) { return maker.first; };
  static_assert(std::ranges::equal(makers, federated_strategies, {}, word, &StrategyTraits::name),
                "every strategy of lib/run/config/run_config.hpp, in the same order");
  const std::string_view name = train.federated->strategy.name;
  return std::ranges::find(makers, name, word)->second(train, shape);
}

const double* put(const DeviceNumbers& view, std::span<const double> values) {
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
  return view.data();
}

}  // namespace bailiwick

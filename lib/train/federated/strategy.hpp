// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/network/descent.hpp"
#include "lib/boundary/aggregate.hpp"
#include "lib/optim/server.hpp"
#include "lib/optim/state.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// What domains changed: resolution 2^-50, one contribution up to 2^29 rows times parameter.
inline constexpr FixedPoint change_format{2, 50};

/// What a domain has done in a round.
struct LocalRound {
  std::size_t domain;                 ///< local
  std::size_t steps;                  ///< that moved what crosses
  double weight;                      ///< of the domain's training rows
  const std::vector<double>& common;  ///< before
  const std::vector<double>& after;   ///< its own parameters now
  bool leads;                         ///< this rank says what the whole domain knows
};

/// What a federated strategy does besides averaging. All of it is replicated within a domain.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual ServerOptions::Method server() const { return ServerOptions::Method::average; }
  /// Sums of a round besides weight, steps, loss and change.
  virtual std::vector<Stream> streams() const { return {}; }
  /// What draws the local steps of a domain that begin at `start`; where kernels can read it.
  virtual kernels::Pull pull(std::size_t, std::span<const double>) { return {}; }
  /// What the change of a domain is divided by, whose steps went `norm` along one gradient; and
  /// what the sum of all is multiplied by: `steps`, sum of weight times norm.
  virtual double divisor(double) const { return 1; }
  virtual double scale(double weight, double) const { return 1 / weight; }
  /// Adds to its streams.
  virtual void contribute(const LocalRound&, Aggregate&) {}
  /// Once the sums of all domains, of that weight, are known.
  virtual void end_round(const Aggregate&, double) {}

  /// What the next rounds depend on: in common, and of a local domain, which stays there. restore()
  /// throws ExitCode::data if it does not fit.
  virtual State state() const { return {}; }
  virtual State state(std::size_t) const { return {}; }
  virtual void restore(const State&) {}
  virtual void restore(std::size_t, const State&) {}
};

/// Of so many parameters, of which the first `shared` cross, in so many local domains.
struct StrategyShape {
  std::size_t parameters, shared, domains;
};
using MakeStrategy = std::unique_ptr<Strategy>(const TrainConfig& train,
                                               const StrategyShape& shape);
/// The one that the config names.
MakeStrategy make_strategy;

/// Numbers of the host where kernels can read them; the view's data.
using DeviceNumbers = Kokkos::View<double*, kernels::Memory>;
const double* put(const DeviceNumbers& view, std::span<const double> values);

}  // namespace bailiwick

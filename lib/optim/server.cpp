// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/server.hpp"

#include <cmath>

#include "lib/core/error.hpp"

namespace bailiwick {

Server::Server(const ServerOptions& options, std::size_t size) : options_(options) {
  if (options.method == ServerOptions::Method::average) return;
  first_.assign(size, 0.0);
  second_.assign(size, options.tau * options.tau);
}

void Server::step(std::span<const double> change, std::span<double> theta) {
  ensure(change.size() == theta.size(), "one change a parameter");
  for (std::size_t i = 0; i < theta.size(); ++i) {
    const double delta = change[i];
    if (options_.method == ServerOptions::Method::average) {
      theta[i] = std::fma(options_.rate, delta, theta[i]);
      continue;
    }
    const double square = delta * delta;
    double& m = first_[i];
    double& v = second_[i];
    m = std::fma(options_.beta1, m, (1 - options_.beta1) * delta);
    switch (options_.method) {
      case ServerOptions::Method::adam:
        v = std::fma(options_.beta2, v, (1 - options_.beta2) * square);
        break;
      case ServerOptions::Method::yogi:
        v -= (1 - options_.beta2) * square * (v > square ? 1.0 : v < square ? -1.0 : 0.0);
        break;
      default:
        v += square;
    }
    theta[i] += options_.rate * m / (std::sqrt(v) + options_.tau);
  }
}

State Server::state() const {
  if (options_.method == ServerOptions::Method::average) return {};
  return {{"server/first_moment", first_}, {"server/second_moment", second_}};
}

void Server::restore(const State& state) {
  if (options_.method == ServerOptions::Method::average) return;
  first_ = array_of(state, "server/first_moment", first_.size());
  second_ = array_of(state, "server/second_moment", second_.size());
}

}  // namespace bailiwick

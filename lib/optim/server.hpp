// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <vector>

#include "lib/optim/state.hpp"

namespace bailiwick {

/// How the mean of what domains changed moves the common parameters (Reddi et al., ICLR 2021,
/// Algorithm 2, without bias correction; v starts at tau^2).
struct ServerOptions {
  enum class Method { average, adam, yogi, adagrad };
  Method method = Method::average;
  double rate = 1;
  double beta1 = 0.9, beta2 = 0.99, tau = 1e-3;  ///< not of average
};

/// Replicated: every rank takes the same steps, in binary64.
class Server {
 public:
  Server(const ServerOptions& options, std::size_t size);
  /// theta <- theta + rate change, or its adaptive form.
  void step(std::span<const double> change, std::span<double> theta);

  /// What the next steps depend on besides theta, by name, and back. Throws ExitCode::data if it
  /// does not fit.
  State state() const;
  void restore(const State& state);

 private:
  ServerOptions options_;
  std::vector<double> first_, second_;
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kokkos_kernels/network/descent.hpp"
#include "lib/core/range.hpp"
#include "lib/optim/schedule.hpp"
#include "lib/optim/state.hpp"

namespace bailiwick {

struct DescentOptions {
  enum class Method { adamw, sgd };
  Method method = Method::adamw;
  double learning_rate = 1e-3;
  Schedule schedule;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adamw
  double momentum = 0;                                ///< sgd
  bool nesterov = false;
  double weight_decay = 0;
  double clip_norm = 0;  ///< longer gradients are shortened to this; 0: never
};

/// Parameters that first-order steps move, in binary64, and the method's memory of them.
/// Replicated: every rank takes the same steps. Kernels run where the rows are.
class Descent {
 public:
  Descent(const DescentOptions& options, std::span<const double> start);

  /// A summed gradient: words 2^-exponent, on the host, and the sum of the rows' weights.
  struct Gradient {
    const std::int64_t* words;
    int exponent;
    double weight;
  };
  /// One step along the mean gradient. `rounded` gets the parameters as float, where kernels can
  /// read them. Only parameters in `moving` move, and of these only those in `here` are moved by
  /// this rank; `pull` is for sgd.
  void step(const Gradient& sum, float* rounded, Range here, const kernels::Pull& pull = {},
            std::optional<Range> moving = {});
  void step(const Gradient& sum, float* rounded) { step(sum, rounded, {0, theta_.size()}); }
  /// From new parameters, with no memory of earlier steps.
  void restart(std::span<const double> start);

  std::uint64_t steps() const { return steps_; }
  double rate() const { return options_.learning_rate * options_.schedule.fraction(steps_); }
  std::vector<double> parameters() const;

  /// All that the next steps depend on, by name, and back. Throws ExitCode::data if it does not
  /// fit.
  State state() const;
  void restore(const State& state);

  std::size_t bytes() const;

 private:
  using Doubles = Kokkos::View<double*, kernels::Memory>;
  DescentOptions options_;
  std::uint64_t steps_ = 0;
  double power1_ = 1, power2_ = 1;                      ///< beta^steps
  Kokkos::View<std::int64_t*, kernels::Memory> words_;  ///< where kernels cannot read the host's
  std::optional<kernels::SquaredNorm> squared_norm_;    ///< for clipping
  Doubles theta_, first_, second_;  ///< second: adamw; first: adamw, sgd with momentum
};

}  // namespace bailiwick

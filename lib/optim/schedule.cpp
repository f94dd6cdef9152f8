// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace bailiwick {
namespace {

/// cos(pi x), 0 <= x <= 1, by its series within a quarter: libraries' cosines differ.
double cos_pi(double x) {
  constexpr double pi = 3.14159265358979323846;
  if (x > 0.5) return -cos_pi(1 - x);
  const bool sine = x > 0.25;  // cos(pi x) = sin(pi (1/2 - x))
  const double angle = pi * (sine ? 0.5 - x : x), square = angle * angle;
  double sum = 1;
  for (int n = sine ? 19 : 18; n > 1; n -= 2)
    sum = std::fma(-square / (n * (n - 1)), sum, 1.0);
  return sine ? angle * sum : sum;
}

}  // namespace

double Schedule::fraction(std::uint64_t step) const {
  if (step < warmup_steps) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  const double span = static_cast<double>(std::max<std::uint64_t>(1, steps - warmup_steps));
  const double progress = std::min(1.0, static_cast<double>(step - warmup_steps) / span);
  switch (kind) {
    case Kind::constant:
      return 1;
    case Kind::linear:
      return std::fma(final_fraction - 1, progress, 1.0);
    case Kind::cosine:
      return std::fma(1 - final_fraction, 0.5 * (1 + cos_pi(progress)), final_fraction);
    case Kind::step:
      break;
  }
  double fraction = 1;
  for (std::uint64_t taken = step_every; taken <= step; taken += step_every)
    fraction *= step_factor;
  return fraction;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

namespace bailiwick {

/// The distribution of one direction's privacy loss ln(P(y)/Q(y)), y drawn from P, on a grid. It
/// dominates the true one: no adversary who meets the truth does better than one who meets this.
struct GridLosses {
  std::int64_t first = 0;           ///< masses[i] is that of a loss of (first + i) loss_step
  std::vector<double> masses{1.0};  ///< nothing released: a loss of 0
  double infinite = 0.0;            ///< the mass of a loss that is infinite, or counts as such
};

/// A power of two, so that the losses of the grid are exact.
inline constexpr double loss_step = 0x1p-14;
/// Larger losses count as infinite, and smaller ones than its negative as that.
inline constexpr std::int64_t most_loss_steps = std::int64_t{64} << 14;

enum class DrawnFrom { data_with_the_unit, data_without_it };

/// Of one release with Gaussian noise, noise_multiplier > 0.03, each unit in it with probability
/// q > 0.
GridLosses discretised_losses(double noise_multiplier, double q, DrawnFrom drawn);

/// The sum of n >= 1 independent losses.
GridLosses composed(const GridLosses& losses, std::uint64_t n);
GridLosses composed(const GridLosses& a, const GridLosses& b);

}  // namespace bailiwick

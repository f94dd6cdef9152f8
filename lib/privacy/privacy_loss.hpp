// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "lib/privacy/grid_losses.hpp"

namespace bailiwick {

/// What releases cost by their privacy loss distribution (Koskela, Jälkö and Honkela 2020; Gopi,
/// Lee and Wutschitz 2021): for plans that were fixed at the start, closer to the truth than the
/// least epsilon of a RenyiLoss, which it stands beside; ledgers hold the latter. Every error is on
/// the side of caution: the loss is discretised so that it dominates the true one ("connect the
/// dots", Doroshenko et al. 2022), tails that are cut off count as infinite, and so does a bound of
/// all rounding. Losses above 64 count as infinite too.
///
/// Of noise that is continuous. That of integers at a scale of s differs from it by a share of
/// about 1/s^2 of delta: nothing at the scales in use. Not the same bits on every machine, so to be
/// printed with a few digits. Each unit takes part with probability q
/// independently (Poisson sampling); batches that are cut to a size (truncated) are not covered.
class PrivacyLossDistribution {
 public:
  static PrivacyLossDistribution none() { return {}; }
  /// `releases` with noise_multiplier = scale / sensitivity, each drawing every unit anew with
  /// probability q, between data with and without one unit.
  static PrivacyLossDistribution sampled_gaussian(double noise_multiplier, double q,
                                                  std::uint64_t releases = 1);
  static PrivacyLossDistribution gaussian(double noise_multiplier, std::uint64_t releases = 1) {
    return sampled_gaussian(noise_multiplier, 1.0, releases);
  }

  /// Rounding adds about 1e-11 to delta, unlike where a distribution is composed with itself.
  PrivacyLossDistribution& operator+=(const PrivacyLossDistribution& other);

  /// The least epsilon >= 0 at which (epsilon, delta)-differential privacy holds, rounded up,
  /// whichever of the data with and without the unit is the true one; infinite if none does.
  double epsilon(double delta) const;
  double delta(double epsilon) const;

 private:
  GridLosses with_, without_;  ///< y drawn from the data with the unit, and without it
};

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/privacy/renyi.hpp"

namespace bailiwick {

/// What noise is planned beside. A release of another sensitivity has as much more or less.
inline constexpr std::uint64_t nominal_sensitivity = std::uint64_t{1} << 20;

/// Probabilities with which a release draws each unit are whole numbers of 2^-32: so many are one.
inline constexpr std::uint64_t every_unit = std::uint64_t{1} << 32;

/// Noise is never drawn of a smaller one.
inline constexpr std::uint64_t least_scale = 8;

/// Releases of one kind: how often, the scale of their noise beside nominal_sensitivity, and how
/// likely each draws a unit.
struct NoisyRelease {
  std::string name;
  std::uint64_t times = 1;
  std::uint64_t scale = 1;
  std::uint64_t sampled = every_unit;
};

/// What a run is going to release with noise, known before a row is read.
struct NoisePlan {
  double epsilon = 0, delta = 0;
  std::vector<NoisyRelease> releases;

  /// Throws ExitCode::bug if there is none of that name.
  const NoisyRelease& release(const std::string& name) const;
  /// All of them together.
  RenyiLoss loss() const;
};

/// What of a plan has crossed.
struct NoiseUse {
  RenyiLoss loss = RenyiLoss::none();
  std::optional<Digest>
      first;  ///< what the first round was, and computed at; unset: there was none
};

/// A part of a budget: `share` of it for `times` releases of one kind.
struct BudgetShare {
  std::string name;
  std::uint64_t times = 1;
  double share = 1;
  std::uint64_t sampled = every_unit;
};

/// The least noise, shared out so, that keeps all of them within the filter of (epsilon, delta).
/// Throws ExitCode::config if that is beyond what can be drawn.
NoisePlan plan_noise(double epsilon, double delta, const std::vector<BudgetShare>& shares);

/// What one release costs. One unit more than its own divergence stands for what the sum of several
/// parties' discrete Gaussian noise differs from such noise itself: below 2^-900 at scales of 8
/// and more (Kairouz, Liu and Steinke 2021, arXiv 2102.06387, proposition 13).
/// `sensitivity`: how far a unit's rows, replaced by any others, move the sum at most. If it draws
/// units, twice what a unit adds: of both losses the bound is the same where all are drawn.
RenyiLoss release_loss(std::uint64_t sensitivity, std::uint64_t scale,
                       std::uint64_t sampled = every_unit);

/// At every order.
bool is_within(const RenyiLoss& used, const RenyiLoss& allowed);

/// What each of `honest` parties adds so that together they have noise of `scale` or a little more:
/// the least whole number whose square, times their number, is at least the scale's square.
std::uint64_t share_of_scale(std::uint64_t scale, std::uint64_t honest);

/// The least whole number that is not below sqrt(n), n < 2^62.
std::uint64_t root_above(std::uint64_t n);

}  // namespace bailiwick

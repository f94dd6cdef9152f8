// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/grid_losses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace bailiwick {

namespace {

/// More than losses at the edges of cells are wrong by, for the noise there is.
constexpr double edge_error = 1e-12;
/// Noise that is this many times its scale has a probability of 1e-25.
constexpr double farthest = 10.5;

/// The probabilities of a loss up to some value and of one above it, under P and under Q: all four,
/// since each is precise where it is small.
struct Chances {
  double p_below, p_above, q_below, q_above;
  double error;  ///< of each, relative
};

class SampledGaussian {
 public:
  SampledGaussian(double noise_multiplier, double q, DrawnFrom drawn)
      : z_(noise_multiplier), q_(q), with_(drawn == DrawnFrom::data_with_the_unit) {}

  Chances at(double loss) const {
    const Chances with = with_the_unit(with_ ? loss : -loss);
    if (with_) return with;
    // P and Q change places, and with them the sign of the loss.
    return {with.q_above, with.q_below, with.p_above, with.p_below, with.error};
  }

  /// What all losses but those of a probability below 1e-24 lie between.
  double least() const { return with_ ? loss_at(-farthest * z_) : -loss_at(farthest * z_); }
  double most() const { return with_ ? loss_at(1.0 + farthest * z_) : -loss_at(-farthest * z_); }

 private:
  /// ln((1 - q) + q exp((2 y - 1) / (2 z^2))), at most 600 or so.
  double loss_at(double y) const {
    const double exponent = std::min((y - 0.5) / (z_ * z_), 600.0);
    return q_ == 1.0 ? exponent : std::log1p(q_ * std::expm1(exponent));
  }

  /// P: with probability q one noise about 1, else about 0; Q: about 0.
  Chances with_the_unit(double loss) const {
    const double odds = (std::expm1(loss) + q_) / q_;
    if (!(odds > 0)) return {0.0, 1.0, 0.0, 1.0, 0x1p-50};
    const double y = z_ * z_ * std::log(odds) + 0.5;
    const double about_0 = y / z_ * std::numbers::sqrt2 / 2;
    const double about_1 = (y - 1.0) / z_ * std::numbers::sqrt2 / 2;
    const double below = std::erfc(-about_0) / 2, above = std::erfc(about_0) / 2;
    const double farther = std::max(std::abs(about_0), std::abs(about_1));
    // An error of the argument x of erfc counts 2 x^2 times at its tail.
    return {(1 - q_) * below + q_ * std::erfc(-about_1) / 2,
            (1 - q_) * above + q_ * std::erfc(about_1) / 2, below, above,
            (16 + 8 * farther * farther) * 0x1p-53};
  }

  double z_, q_;
  bool with_;
};

/// A difference of two probabilities, the upper of which is the smaller one, and its error.
struct Difference {
  double value, error;
};

Difference between(double below, double below_next, double above, double above_next, double error) {
  if (below_next < 0.5) return {below_next - below, error * (below_next + below)};
  return {above - above_next, error * (above + above_next)};
}

/// What of a cell's P-mass lies at its lower edge at least, if all of it is moved to its two edges
/// in such a way that its Q-mass, which is the mean of e^-loss, stays what it is.
double lower_share(const Chances& before, const Chances& here, double upper_loss, double mass) {
  const double error = std::max(before.error, here.error);
  const Difference p = between(before.p_below, here.p_below, before.p_above, here.p_above, error);
  const Difference q = between(before.q_below, here.q_below, before.q_above, here.q_above, error);
  const double lower =
      ((q.value - q.error) * std::exp(upper_loss) - (p.value + p.error)) / std::expm1(loss_step);
  // The last part covers that losses in the cell may be below its edge by edge_error.
  return std::clamp(lower - 1e-7 * mass - 0x1p-48 * p.value / loss_step, 0.0, mass);
}

}  // namespace

// Moving a cell's mass to its edges with the same Q-mass raises the hockey-stick divergence, which
// is convex in e^-loss ("connect the dots"), by something of second order; to round all losses up
// would add half a step a release. Whatever is not known precisely is moved up, which raises it
// too: so the sums of masses from below are never more than the true ones.
GridLosses discretised_losses(double noise_multiplier, double q, DrawnFrom drawn) {
  const SampledGaussian release(noise_multiplier, q, drawn);
  const auto steps = [](double loss) {
    return std::clamp(static_cast<std::int64_t>(std::floor(loss / loss_step)), -most_loss_steps,
                      most_loss_steps - 1);
  };
  GridLosses result;
  result.first = steps(release.least());
  const auto cells = static_cast<std::size_t>(steps(release.most()) + 1 - result.first);
  result.masses.assign(cells + 1, 0.0);
  const auto edge = [&](std::size_t i) {
    return static_cast<double>(result.first + static_cast<std::int64_t>(i)) * loss_step;
  };

  Chances before = release.at(edge(0) - edge_error);
  double below = before.p_below * (1 - before.error), above = 1.0 - below;
  bool past_middle = false;
  result.masses[0] = below;
  for (std::size_t i = 1; i <= cells; ++i) {
    const Chances here = release.at(edge(i) - edge_error);
    const double above_before = past_middle ? above : 1.0 - below;
    double mass = 0.0;
    if (here.p_below < 0.5) {
      const double next = std::max(below, here.p_below * (1 - here.error));
      mass = next - below;
      below = next;
      above = 1.0 - below;
    } else {
      above = std::min(above_before, here.p_above * (1 + here.error));
      mass = above_before - above;
      past_middle = true;
    }
    const double lower = lower_share(before, here, edge(i), mass);
    result.masses[i - 1] += lower;
    result.masses[i] += mass - lower;
    before = here;
  }
  result.infinite = above * (1 + 0x1p-50);
  return result;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/privacy_loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

/// Less noise than this has losses that count as infinite.
constexpr double least_noise_multiplier = 0.03;

/// The share by which a sum of all masses may be wrong.
constexpr double sum_error = 0x1p-31;

/// The hockey-stick divergence: what (epsilon, delta) demands of delta at each epsilon.
class HockeyStick {
 public:
  explicit HockeyStick(const GridLosses& losses)
      : losses_(losses), sums_(losses.masses.size() + 1) {
    for (std::size_t i = losses.masses.size(); i-- > 0;)
      sums_[i] = {sums_[i + 1].masses + losses.masses[i],
                  sums_[i + 1].scaled + losses.masses[i] * std::exp(-loss(i))};
  }

  /// The infinite mass, and sum of m (1 - e^(epsilon - loss)) over larger losses; rounded up.
  double at(double epsilon) const {
    const double place = std::floor(epsilon / loss_step) + 1 - static_cast<double>(losses_.first);
    const auto i = static_cast<std::size_t>(
        std::clamp(place, 0.0, static_cast<double>(losses_.masses.size())));
    const auto& [masses, scaled] = sums_[i];
    const double finite =
        masses * (1 + sum_error) - (masses > 0 ? std::exp(epsilon) * scaled * (1 - sum_error) : 0);
    return std::min(losses_.infinite * (1 + sum_error) + std::max(finite, 0.0), 1.0);
  }

  /// The least epsilon >= 0 at which it is no larger.
  double epsilon(double delta) const {
    if (at(0.0) <= delta) return 0.0;
    double too_small = 0.0, enough = static_cast<double>(most_loss_steps) * loss_step;
    if (at(enough) > delta) return std::numeric_limits<double>::infinity();
    while (enough - too_small > 0x1p-36) {
      const double middle = too_small + (enough - too_small) / 2;
      (at(middle) <= delta ? enough : too_small) = middle;
    }
    return enough;
  }

 private:
  struct Sums {
    double masses = 0.0, scaled = 0.0;  ///< of masses from here on; of m e^-loss
  };

  double loss(std::size_t i) const {
    return static_cast<double>(losses_.first + static_cast<std::int64_t>(i)) * loss_step;
  }

  const GridLosses& losses_;
  std::vector<Sums> sums_;
};

}  // namespace

PrivacyLossDistribution PrivacyLossDistribution::sampled_gaussian(double noise_multiplier, double q,
                                                                  std::uint64_t releases) {
  ensure(noise_multiplier >= 0 && q >= 0 && q <= 1, "noise and sampling rates are not negative");
  PrivacyLossDistribution result;
  if (q == 0 || releases == 0) return result;
  if (q == 1) {
    // Together they are one release with as much less noise.
    noise_multiplier /= std::sqrt(static_cast<double>(releases)) * (1 + 0x1p-50);
    releases = 1;
  }
  if (noise_multiplier <= least_noise_multiplier) {
    result.with_.infinite = result.without_.infinite = 1.0;
    return result;
  }
  result.with_ =
      composed(discretised_losses(noise_multiplier, q, DrawnFrom::data_with_the_unit), releases);
  result.without_ =
      composed(discretised_losses(noise_multiplier, q, DrawnFrom::data_without_it), releases);
  return result;
}

PrivacyLossDistribution& PrivacyLossDistribution::operator+=(const PrivacyLossDistribution& other) {
  with_ = composed(with_, other.with_);
  without_ = composed(without_, other.without_);
  return *this;
}

double PrivacyLossDistribution::epsilon(double delta) const {
  ensure(delta >= 0 && delta <= 1, "delta is a probability");
  return std::max(HockeyStick(with_).epsilon(delta), HockeyStick(without_).epsilon(delta));
}

double PrivacyLossDistribution::delta(double epsilon) const {
  ensure(epsilon >= 0, "epsilon is not negative");
  return std::max(HockeyStick(with_).at(epsilon), HockeyStick(without_).at(epsilon));
}

}  // namespace bailiwick

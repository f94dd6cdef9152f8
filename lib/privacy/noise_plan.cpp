// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/noise_plan.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "lib/core/error.hpp"
#include "lib/privacy/discrete_gaussian.hpp"
#include "lib/privacy/sampled_gaussian.hpp"

namespace bailiwick {

namespace {

__extension__ using Wide = unsigned __int128;

/// Of noise beside what a unit adds, which is half of how far it moves a sum. Rounded down.
double noise_multiplier(std::uint64_t sensitivity, std::uint64_t scale) {
  return 2.0 * static_cast<double>(scale) / static_cast<double>(sensitivity) * (1.0 - 0x1p-50);
}

double probability(std::uint64_t sampled) {
  return static_cast<double>(sampled) / static_cast<double>(every_unit);
}

/// The least scale at which so many releases keep to their share of the filter, or nearly.
double sampled_scale(const PrivacyFilter& filter, const BudgetShare& of) {
  const double limit = static_cast<double>(filter.limit()) * 0x1p-40 * of.share;
  const double q = probability(of.sampled);
  std::uint64_t too_small = 0, enough = largest_noise_scale + 1;
  while (enough - too_small > 1) {
    const std::uint64_t middle = too_small + (enough - too_small) / 2;
    const double once = sampled_replacement_divergence(
        filter.order(), noise_multiplier(nominal_sensitivity, middle), q);
    (once * static_cast<double>(of.times) <= limit ? enough : too_small) = middle;
  }
  return static_cast<double>(enough);
}

}  // namespace

const NoisyRelease& NoisePlan::release(const std::string& name) const {
  const auto found = std::ranges::find(releases, name, &NoisyRelease::name);
  ensure(found != releases.end(), "what is released with noise was planned");
  return *found;
}

RenyiLoss NoisePlan::loss() const {
  RenyiLoss loss = RenyiLoss::none();
  for (const NoisyRelease& release : releases)
    loss += release_loss(nominal_sensitivity, release.scale, release.sampled).times(release.times);
  return loss;
}

NoisePlan plan_noise(double epsilon, double delta, const std::vector<BudgetShare>& shares) {
  NoisePlan plan{epsilon, delta, {}};
  // Of one release that has all: its variance, divided by a share, is that of who has the share.
  const auto whole = static_cast<double>(smallest_scale(nominal_sensitivity, 1, epsilon, delta));
  const PrivacyFilter filter(epsilon, delta);
  for (const BudgetShare& share : shares) {
    const double scale =
        share.sampled < every_unit
            ? sampled_scale(filter, share)
            : std::ceil(whole * std::sqrt(static_cast<double>(share.times) / share.share));
    if (!(scale <= static_cast<double>(largest_noise_scale)))
      throw Error(ExitCode::config,
                  "privacy: at epsilon {} and delta {} the noise is beyond all that could be of "
                  "use; raise epsilon",
                  epsilon, delta);
    plan.releases.push_back({share.name, share.times,
                             std::max(static_cast<std::uint64_t>(scale), least_scale),
                             share.sampled});
  }
  // What rounding up costs, and the unit of each release, is given back by a little more noise.
  while (!filter.allows(RenyiLoss::none(), plan.loss()))
    for (NoisyRelease& release : plan.releases) {
      release.scale += release.scale / 4096 + 1;
      if (release.scale > largest_noise_scale)
        throw Error(ExitCode::config,
                    "privacy: no noise keeps epsilon {} at delta {}; raise one of them", epsilon,
                    delta);
    }
  return plan;
}

RenyiLoss release_loss(std::uint64_t sensitivity, std::uint64_t scale, std::uint64_t sampled) {
  static const std::vector<std::uint64_t> unit(renyi_orders.size(), 1);
  ensure(sampled > 0 && sampled <= every_unit, "a release draws units with some probability");
  const RenyiLoss noise = sampled == every_unit || sensitivity == 0
                              ? RenyiLoss::gaussian(sensitivity, scale)
                              : RenyiLoss::sampled_replacement(noise_multiplier(sensitivity, scale),
                                                               probability(sampled));
  return noise + RenyiLoss::from_words(unit);
}

bool is_within(const RenyiLoss& used, const RenyiLoss& allowed) {
  return std::ranges::equal(used.words(), allowed.words(), std::less_equal());
}

std::uint64_t share_of_scale(std::uint64_t scale, std::uint64_t honest) {
  const auto squares = [](std::uint64_t n, std::uint64_t times) {
    return static_cast<Wide>(n) * n * times;
  };
  std::uint64_t low = 0, high = scale;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (squares(middle, honest) >= squares(scale, 1))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

std::uint64_t root_above(std::uint64_t n) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit > 0; bit /= 2)
    if ((root + bit) * (root + bit) < n) root += bit;
  return n == 0 ? 0 : root + 1;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/noise_plan.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "lib/core/error.hpp"
#include "lib/privacy/discrete_gaussian.hpp"

namespace bailiwick {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t least_scale = 8;

}  // namespace

const NoisyRelease& NoisePlan::release(const std::string& name) const {
  const auto found = std::ranges::find(releases, name, &NoisyRelease::name);
  ensure(found != releases.end(), "what is released with noise was planned");
  return *found;
}

RenyiLoss NoisePlan::loss() const {
  RenyiLoss loss = RenyiLoss::none();
  for (const NoisyRelease& release : releases)
    loss += release_loss(nominal_sensitivity, release.scale).times(release.times);
  return loss;
}

NoisePlan plan_noise(double epsilon, double delta, const std::vector<BudgetShare>& shares) {
  NoisePlan plan{epsilon, delta, {}};
  // Of one release that has all: its variance, divided by a share, is that of who has the share.
  const auto whole = static_cast<double>(smallest_scale(nominal_sensitivity, 1, epsilon, delta));
  for (const BudgetShare& share : shares) {
    const double scale =
        std::ceil(whole * std::sqrt(static_cast<double>(share.times) / share.share));
    if (!(scale <= static_cast<double>(largest_noise_scale)))
      throw Error(ExitCode::config,
                  "privacy: at epsilon {} and delta {} the noise is beyond all that could be of "
                  "use; raise epsilon",
                  epsilon, delta);
    plan.releases.push_back(
        {share.name, share.times, std::max(static_cast<std::uint64_t>(scale), least_scale)});
  }
  // What rounding up costs, and the unit of each release, is given back by a little more noise.
  const PrivacyFilter filter(epsilon, delta);
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

RenyiLoss release_loss(std::uint64_t sensitivity, std::uint64_t scale) {
  static const std::vector<std::uint64_t> unit(renyi_orders.size(), 1);
  return RenyiLoss::gaussian(sensitivity, scale) + RenyiLoss::from_words(unit);
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

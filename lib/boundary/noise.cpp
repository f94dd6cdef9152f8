// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/noise.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/crypto/key_agreement.hpp"
#include "lib/privacy/discrete_gaussian.hpp"

namespace bailiwick {

namespace {

__extension__ using Wide = __int128;

/// A stream's grid as it crosses, and the noise there.
struct Grid {
  int shift = 0;
  std::uint64_t sensitivity = 0, scale = 0;

  Grid(std::size_t size, const NoisyStream& noisy) {
    ensure(noisy.sensitivity > 0, "what a unit can move has noise beside that");
    while (noisy.sensitivity >> shift >= nominal_sensitivity)
      ++shift;
    sensitivity = noisy.sensitivity >> shift;
    // Rounding down moves each number by less than one; of a unit that is drawn or not, sensitivity
    // is twice what it adds.
    if (shift > 0) sensitivity += (noisy.sampled < every_unit ? 2 : 1) * (1 + root_above(size));
    const Wide scaled = static_cast<Wide>(sensitivity) * static_cast<Wide>(noisy.scale);
    scale = static_cast<std::uint64_t>((scaled + nominal_sensitivity - 1) / nominal_sensitivity);
    scale = std::max(scale, least_scale);
    ensure(scale <= largest_noise_scale, "a plan's noise can be drawn");
  }
};

/// What each party draws. At this and more the sum of several parties' is as good as one's own
/// (release_loss).
std::uint64_t share_of(std::uint64_t scale, std::uint64_t honest) {
  return std::max(share_of_scale(scale, honest), least_scale);
}

}  // namespace

std::uint64_t replacement_sensitivity(std::uint64_t bound, std::uint64_t unit_rows) {
  const Wide moved = 2 * static_cast<Wide>(bound) * static_cast<Wide>(unit_rows);
  if (moved <= 0 || moved > (Wide{1} << 62))
    throw Error(ExitCode::config,
                "privacy: clip, residual and unit_rows together are too large or too small for the "
                "sums to have noise");
  return static_cast<std::uint64_t>(moved);
}

Noise::Noise(RenyiLoss reserved, std::uint64_t honest, std::vector<std::optional<Secret>> seeds,
             std::shared_ptr<NoiseUse> used, std::optional<Digest> first)
    : reserved_(reserved),
      honest_(honest),
      seeds_(std::move(seeds)),
      used_(std::move(used)),
      first_(first) {}

void Noise::charge(const AggregateLayout& layout, std::span<const NoisyStream> streams,
                   const Digest& at) {
  if (!used_->first) {
    used_->first = at;
    if (first_ && at != *first_)
      throw Error(ExitCode::policy,
                  "refused, and nothing was learnt: this is not what the noise was drawn for: the "
                  "first round would be computed at other parameters than in the run that is made "
                  "again");
  }
  for (const NoisyStream& noisy : streams) {
    const Grid grid(layout.stream(noisy.name).size, noisy);
    if (noisy.sampled == every_unit) {
      used_->loss += release_loss(grid.sensitivity, grid.scale);
      continue;
    }
    // As planned: on the grid there is no less noise beside the sensitivity than that.
    const auto [loss, unknown] =
        sampled_losses_.try_emplace({noisy.scale, noisy.sampled}, RenyiLoss::none());
    if (unknown) loss->second = release_loss(nominal_sensitivity, noisy.scale, noisy.sampled);
    used_->loss += loss->second;
  }
  ensure(is_within(used_->loss, reserved_), "a run crosses no more than it has reserved");
}

Secret Noise::sampling_key(std::size_t d) const {
  ensure(d < seeds_.size() && seeds_[d].has_value(), "who leads a domain has its secret");
  return hkdf_expand(*seeds_[d], "which units are drawn");
}

Aggregate Noise::release(const Aggregate& part, std::span<const NoisyStream> streams,
                         std::uint64_t round, const Digest& at, std::size_t d) const {
  std::vector<Stream> crossing;
  for (const NoisyStream& noisy : streams) {
    Stream stream = part.layout().stream(noisy.name);
    stream.format = {2, stream.format.exponent - Grid(stream.size, noisy).shift};
    crossing.push_back(std::move(stream));
  }
  Aggregate released(std::make_shared<const AggregateLayout>(std::move(crossing)));
  if (!seeds_[d]) return released;
  for (const NoisyStream& noisy : streams) {
    const std::size_t size = part.layout().stream(noisy.name).size;
    const Grid grid(size, noisy);
    const std::span<const std::int64_t> limbs = part.words(noisy.name);
    const std::span<std::int64_t> to = released.words(noisy.name);
    const std::uint64_t share = share_of_scale(grid.scale, honest_);
    KeyedWords words(
        hkdf_expand(*seeds_[d], fmt::format("round {} {} {}", round, at.hex(), noisy.name)));
    for (std::size_t i = 0; i < size; ++i) {
      Wide value = 0;
      for (std::size_t word = limbs.size() - size + i;; word -= size) {
        value = (value << limb_bits) + limbs[word];
        if (word < size) break;
      }
      value = (value >> grid.shift) + draw_discrete_gaussian(share, words);
      to[i] = static_cast<std::int64_t>(value & ((Wide{1} << limb_bits) - 1));
      to[size + i] = static_cast<std::int64_t>(value >> limb_bits);
    }
  }
  return released;
}

double Noise::deviation(const Stream& stream, const NoisyStream& noisy, std::uint64_t domains,
                        std::uint64_t honest) {
  const Grid grid(stream.size, noisy);
  const auto share = static_cast<double>(share_of(grid.scale, honest));
  return std::ldexp(share * std::sqrt(static_cast<double>(domains)),
                    grid.shift - stream.format.exponent);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/boundary/aggregate.hpp"
#include "lib/crypto/secret.hpp"
#include "lib/privacy/noise_plan.hpp"
#include "lib/privacy/renyi.hpp"

namespace bailiwick {

/// A stream of a round with noise.
struct NoisyStream {
  std::string name;
  /// How far a unit's rows, replaced by any others, move the sum at most: the L2 norm, in units of
  /// the stream's grid.
  std::uint64_t sensitivity;
  std::uint64_t scale;  ///< of the noise, as it is planned (lib/privacy/noise_plan.hpp)
  /// How likely each unit is drawn, as planned: each domain draws its own, with its sampling_key().
  /// If not all are, `sensitivity` is twice what a unit adds.
  std::uint64_t sampled = every_unit;
};

/// How far a unit of at most so many rows moves a sum when others take their place, where a row's
/// part is no longer than `bound`. Throws ExitCode::config if that is none, or beyond what can be
/// counted.
std::uint64_t replacement_sensitivity(std::uint64_t bound, std::uint64_t unit_rows);

/// Discrete Gaussian noise that each domain adds to what it lets cross (docs/privacy.md). Sums are
/// cut to a grid on which the sensitivity is about nominal_sensitivity, so that noise of any size
/// can be drawn; that is a function of the domain's integers, and moves the sensitivity by at most
/// one step a number.
class Noise {
 public:
  /// `reserved`: what the run may cost. `honest`: of so many parties each adds its share of the
  /// noise; 1: each adds all of it. `seeds`: of each local domain that this rank leads, from its
  /// owner's secret and of this run alone. `used`: where what crossed is counted. `first`: of a run
  /// that is made again, what its first round was computed at.
  Noise(RenyiLoss reserved, std::uint64_t honest, std::vector<std::optional<Secret>> seeds,
        std::shared_ptr<NoiseUse> used, std::optional<Digest> first = {});

  /// Counts a round that is computed at `at`. Throws ExitCode::bug if it is more than was reserved,
  /// ExitCode::policy if the run is made again and this is another first round: its noise beside
  /// other sums would be taken away by a subtraction.
  void charge(const AggregateLayout& layout, std::span<const NoisyStream> streams,
              const Digest& at);
  std::uint64_t honest() const { return honest_; }
  bool has_crossed() const { return used_->first.has_value(); }

  /// What decides which units of the d-th local domain are drawn: of the owner's secret, of this
  /// run alone, and independent of its noise. Of a domain that this rank leads.
  Secret sampling_key(std::size_t d) const;

  /// The d-th local domain's part as it may cross: the streams that are named, cut to their grids,
  /// with noise if this rank leads the domain. `round`: no number that was given before; `at`: as
  /// charge(), so that no two sums get one noise.
  Aggregate release(const Aggregate& part, std::span<const NoisyStream> streams,
                    std::uint64_t round, const Digest& at, std::size_t d) const;

  /// The standard deviation of all domains' noise in a number of the sum, in units of the stream's
  /// values.
  static double deviation(const Stream& stream, const NoisyStream& noisy, std::uint64_t domains,
                          std::uint64_t honest);

 private:
  RenyiLoss reserved_;
  std::uint64_t honest_;
  std::vector<std::optional<Secret>> seeds_;
  std::shared_ptr<NoiseUse> used_;
  std::optional<Digest> first_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, RenyiLoss>
      sampled_losses_;  ///< by scale and probability, as they are long to compute
};

}  // namespace bailiwick

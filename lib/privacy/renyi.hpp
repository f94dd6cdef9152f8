// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bailiwick {

namespace detail {

inline constexpr std::size_t renyi_order_count = 63 + 6 * 8;

constexpr std::array<int, renyi_order_count> make_renyi_orders() {
  std::array<int, renyi_order_count> orders{};
  std::size_t i = 0;
  for (int order = 2; order <= 64; ++order)
    orders[i++] = order;
  for (int step = 8; step <= 256; step *= 2)
    for (int k = 9; k <= 16; ++k)
      orders[i++] = k * step;
  return orders;
}

}  // namespace detail

/// 2 to 64, then eight a factor of two up to 4096. Ledgers hold a word for each: never change them.
inline constexpr auto renyi_orders = detail::make_renyi_orders();

/// Rényi divergences at renyi_orders in units of 2^-40, each rounded up: what a release costs at
/// most. Addition saturates; a saturated entry is infinite. The same bits on every machine.
class RenyiLoss {
 public:
  static RenyiLoss none() { return {}; }
  static RenyiLoss infinite();

  /// A release whose integer vector changes by at most `sensitivity` in L2 norm, with discrete
  /// Gaussian noise of `scale` in each component, both at most 2^40: alpha sensitivity^2 /
  /// (2 scale^2), computed in integers (Canonne, Kamath and Steinke 2020, theorem 4 and proposition
  /// 5; it is the divergence itself, not a bound). Without noise it is infinite, unless nothing
  /// changes.
  static RenyiLoss gaussian(std::uint64_t sensitivity, std::uint64_t scale);

  /// `releases` of them, where each draws every unit anew with probability q and noise_multiplier
  /// is scale / sensitivity: Poisson sampling. Between data with and without one unit, whichever
  /// is the true one. Rounded up once, after the product: that is finer than times().
  static RenyiLoss sampled_gaussian(double noise_multiplier, double q, std::uint64_t releases = 1);

  /// One release that draws every unit with probability q, between data that both have the unit,
  /// with other rows (sampled_replacement_divergence).
  static RenyiLoss sampled_replacement(double noise_multiplier, double q);

  RenyiLoss times(std::uint64_t n) const;
  RenyiLoss& operator+=(const RenyiLoss& other);
  friend RenyiLoss operator+(RenyiLoss a, const RenyiLoss& b) { return a += b; }
  friend bool operator==(const RenyiLoss&, const RenyiLoss&) = default;

  /// The smallest epsilon at which (epsilon, delta)-differential privacy follows, over all orders,
  /// rounded up (Canonne, Kamath and Steinke 2020, proposition 12); infinite if none does.
  double epsilon(double delta) const;
  /// The smallest delta, rounded up.
  double delta(double epsilon) const;

  /// In the order of renyi_orders.
  std::span<const std::uint64_t> words() const { return units_; }
  /// Throws ExitCode::data if they are more or fewer than renyi_orders.
  static RenyiLoss from_words(std::span<const std::uint64_t> words);

 private:
  std::array<std::uint64_t, renyi_orders.size()> units_{};
};

/// A policy's (epsilon, delta) as a limit on what may be spent, at one order that is chosen before
/// anything is: there the sum of losses may depend on earlier releases in any way and (epsilon,
/// delta) holds as long as it stays within the limit (Feldman and Zrnic 2021, arXiv 2008.11193).
/// The least over all orders promises that only to plans that were fixed at the start.
class PrivacyFilter {
 public:
  /// The order is that at which Gaussian noise can be used most. Throws ExitCode::config unless
  /// 0 <= epsilon < infinity and 0 < delta < 1.
  PrivacyFilter(double epsilon, double delta);

  bool allows(const RenyiLoss& spent, const RenyiLoss& next) const;
  /// 1 at the limit.
  double share_spent(const RenyiLoss& spent) const;
  int order() const { return renyi_orders[at_]; }
  /// In units of 2^-40, rounded down. 0 if epsilon is so small that at no order it follows.
  std::uint64_t limit() const { return limit_; }

 private:
  std::size_t at_ = 0;
  std::uint64_t limit_ = 0;
};

/// The least scale of noise with which the filter of (epsilon, delta) allows `releases` of that
/// sensitivity. Throws ExitCode::config if that exceeds largest_noise_scale.
std::uint64_t smallest_scale(std::uint64_t sensitivity, std::uint64_t releases, double epsilon,
                             double delta);

/// What share of members any attack on what was released can find if it accuses no more than this
/// share of the others: at most this, whatever else the attacker knows. Rounded up.
double highest_true_positive_rate(const RenyiLoss& loss, double false_positive_rate);

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/renyi.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/privacy/discrete_gaussian.hpp"
#include "lib/privacy/sampled_gaussian.hpp"

namespace bailiwick {

namespace {

__extension__ using WideUnits = unsigned __int128;

constexpr std::uint64_t saturated = std::numeric_limits<std::uint64_t>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unit = 0x1p-40;

static_assert(renyi_orders.front() == 2 && renyi_orders.back() == largest_renyi_order);

/// Far more than the few roundings of one formula come to, relative to the sizes of its terms.
constexpr double formula_error = 0x1p-44;

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  return a > saturated - b ? saturated : a + b;
}

/// Rounded up; a conversion to double rounds to the nearest, which may be below.
double as_double(std::uint64_t units) {
  return units == saturated ? infinity : static_cast<double>(units) * unit * (1.0 + 0x1p-52);
}

std::uint64_t rounded_up(double divergence) {
  const double units = std::ceil(divergence / unit);
  return units < 0x1p64 ? static_cast<std::uint64_t>(units) : saturated;
}

/// What the conversions need of an order: computed once.
struct OrderLogarithms {
  double order, less_one;  ///< ln(order), ln(1 - 1/order)
};

const std::array<OrderLogarithms, renyi_orders.size()>& order_logarithms() {
  static const auto table = [] {
    std::array<OrderLogarithms, renyi_orders.size()> result{};
    std::ranges::transform(renyi_orders, result.begin(), [](int order) {
      return OrderLogarithms{exact::log(static_cast<double>(order)), exact::log1p(-1.0 / order)};
    });
    return result;
  }();
  return table;
}

/// What (epsilon, delta) allows at an order: proposition 12 solved for the divergence. May be
/// negative.
double allowed_divergence(std::size_t i, double epsilon, double log_delta) {
  const OrderLogarithms& logs = order_logarithms()[i];
  const double others = renyi_orders[i] - 1;
  const double bound = epsilon - logs.less_one + (log_delta + logs.order) / others;
  const double sizes = epsilon - logs.less_one + (logs.order - log_delta) / others;
  return bound - formula_error * sizes;
}

}  // namespace

RenyiLoss RenyiLoss::infinite() {
  RenyiLoss loss;
  loss.units_.fill(saturated);
  return loss;
}

RenyiLoss RenyiLoss::gaussian(std::uint64_t sensitivity, std::uint64_t scale) {
  ensure(sensitivity <= largest_noise_scale && scale <= largest_noise_scale,
         "sensitivities and scales of noise are at most 2^40");
  if (sensitivity == 0) return none();
  if (scale == 0) return infinite();
  RenyiLoss loss;
  const WideUnits square = WideUnits{scale} * scale;
  for (std::size_t i = 0; i < renyi_orders.size(); ++i) {
    // Below 2^92; times 2^39 it might not fit.
    const WideUnits numerator =
        WideUnits{sensitivity} * sensitivity * static_cast<unsigned>(renyi_orders[i]);
    const WideUnits whole = numerator / square;
    const WideUnits rest = ((numerator % square << 39) + square - 1) / square;
    const bool fits = whole < (WideUnits{1} << 25);
    const WideUnits units = (whole << 39) + rest;
    loss.units_[i] = fits && units < saturated ? static_cast<std::uint64_t>(units) : saturated;
  }
  return loss;
}

RenyiLoss RenyiLoss::sampled_gaussian(double noise_multiplier, double q, std::uint64_t releases) {
  ensure(noise_multiplier >= 0 && q >= 0 && q <= 1, "noise and sampling rates are not negative");
  RenyiLoss loss;
  if (releases == 0) return loss;
  for (std::size_t i = 0; i < renyi_orders.size(); ++i)
    loss.units_[i] = rounded_up(sampled_gaussian_divergence(renyi_orders[i], noise_multiplier, q) *
                                static_cast<double>(releases) * (1.0 + formula_error));
  return loss;
}

RenyiLoss RenyiLoss::sampled_replacement(double noise_multiplier, double q) {
  ensure(noise_multiplier >= 0 && q >= 0 && q <= 1, "noise and sampling rates are not negative");
  RenyiLoss loss;
  for (std::size_t i = 0; i < renyi_orders.size(); ++i)
    loss.units_[i] =
        rounded_up(sampled_replacement_divergence(renyi_orders[i], noise_multiplier, q));
  return loss;
}

RenyiLoss RenyiLoss::times(std::uint64_t n) const {
  RenyiLoss loss = *this;
  for (std::uint64_t& units : loss.units_) {
    const WideUnits product = WideUnits{units} * n;
    units = product < saturated ? static_cast<std::uint64_t>(product) : saturated;
  }
  return loss;
}

RenyiLoss& RenyiLoss::operator+=(const RenyiLoss& other) {
  std::ranges::transform(units_, other.units_, units_.begin(), saturating_sum);
  return *this;
}

double RenyiLoss::epsilon(double delta) const {
  ensure(delta >= 0 && delta <= 1, "delta is a probability");
  if (*this == none() || delta == 1) return 0.0;
  if (delta == 0) return infinity;
  const double log_delta = exact::log(delta);
  double least = infinity;
  for (std::size_t i = 0; i < renyi_orders.size(); ++i) {
    const double divergence = as_double(units_[i]);
    if (divergence == infinity) continue;
    // The total variation is at most this root (Bretagnolle and Huber 1979).
    if (delta * delta * (1.0 - formula_error) > -exact::expm1(-divergence)) return 0.0;
    const OrderLogarithms& logs = order_logarithms()[i];
    const double others = renyi_orders[i] - 1;
    const double bound = divergence + logs.less_one - (log_delta + logs.order) / others;
    const double sizes = divergence - logs.less_one + (logs.order - log_delta) / others;
    least = std::min(least, bound + formula_error * sizes);
  }
  return std::max(least, 0.0);
}

double RenyiLoss::delta(double epsilon) const {
  ensure(epsilon >= 0, "epsilon is not negative");
  if (*this == none()) return 0.0;
  if (epsilon == infinity) return *this == infinite() ? 1.0 : 0.0;
  double least = 1.0;
  for (std::size_t i = 0; i < renyi_orders.size(); ++i) {
    const double divergence = as_double(units_[i]);
    if (divergence == infinity) continue;
    const double root = std::sqrt(-exact::expm1(-divergence));
    const OrderLogarithms& logs = order_logarithms()[i];
    const double others = renyi_orders[i] - 1;
    const double bound = others * (divergence - epsilon + logs.less_one) - logs.order;
    const double sizes = others * (divergence + epsilon - logs.less_one) + logs.order;
    const double converted = exact::exp(bound + formula_error * sizes);
    least = std::min({least, root * (1.0 + formula_error), converted * (1.0 + formula_error)});
  }
  // What exact::exp has below e^-708 is none.
  return std::max(least, std::numeric_limits<double>::min());
}

RenyiLoss RenyiLoss::from_words(std::span<const std::uint64_t> words) {
  if (words.size() != renyi_orders.size())
    throw Error(ExitCode::data, "a privacy loss has {} words, not {}: was it cut off?",
                renyi_orders.size(), words.size());
  RenyiLoss loss;
  std::ranges::copy(words, loss.units_.begin());
  return loss;
}

PrivacyFilter::PrivacyFilter(double epsilon, double delta) {
  if (!(epsilon >= 0 && epsilon < infinity && delta > 0 && delta < 1))
    throw Error(ExitCode::config,
                "a privacy budget of epsilon {} and delta {}: epsilon must be finite and not "
                "negative, delta must lie between 0 and 1",
                epsilon, delta);
  const double log_delta = exact::log(delta);
  double most = 0.0;
  for (std::size_t i = 0; i < renyi_orders.size(); ++i) {
    const double units = std::floor(allowed_divergence(i, epsilon, log_delta) / unit);
    // A Gaussian mechanism's divergence is proportional to the order.
    if (units / renyi_orders[i] <= most) continue;
    most = units / renyi_orders[i];
    at_ = i;
    limit_ = units < 0x1p64 ? static_cast<std::uint64_t>(units) : saturated - 1;
  }
}

bool PrivacyFilter::allows(const RenyiLoss& spent, const RenyiLoss& next) const {
  return saturating_sum(spent.words()[at_], next.words()[at_]) <= limit_;
}

double PrivacyFilter::share_spent(const RenyiLoss& spent) const {
  const std::uint64_t units = spent.words()[at_];
  if (units == 0) return 0.0;
  return limit_ == 0 || units == saturated
             ? infinity
             : static_cast<double>(units) / static_cast<double>(limit_);
}

std::uint64_t smallest_scale(std::uint64_t sensitivity, std::uint64_t releases, double epsilon,
                             double delta) {
  const PrivacyFilter filter(epsilon, delta);
  if (sensitivity == 0 || releases == 0) return 1;
  if (filter.limit() == 0)
    throw Error(ExitCode::config,
                "a privacy budget of epsilon {} with delta {} is too small to be divided: no noise "
                "keeps a release within it; allow a larger epsilon or delta",
                epsilon, delta);
  if (sensitivity > largest_noise_scale)
    throw Error(ExitCode::config, "a sensitivity of {} is above {}: release in coarser units",
                sensitivity, largest_noise_scale);
  const auto is_enough = [&](std::uint64_t scale) {
    return filter.allows(RenyiLoss::none(),
                         RenyiLoss::gaussian(sensitivity, scale).times(releases));
  };
  if (!is_enough(largest_noise_scale))
    throw Error(ExitCode::config,
                "{} releases with a sensitivity of {} within epsilon {} and delta {} would need "
                "noise of a scale above {}: allow more, or release less, less often or in coarser "
                "units",
                releases, sensitivity, epsilon, delta, largest_noise_scale);
  std::uint64_t too_small = 0, enough = largest_noise_scale;
  while (enough - too_small > 1) {
    const std::uint64_t middle = too_small + (enough - too_small) / 2;
    (is_enough(middle) ? enough : too_small) = middle;
  }
  return enough;
}

double highest_true_positive_rate(const RenyiLoss& loss, double false_positive_rate) {
  ensure(false_positive_rate >= 0 && false_positive_rate <= 1, "a rate lies between 0 and 1");
  double least = 1.0;
  for (double delta = 1.0; delta > 0x1p-80; delta *= 0x1.ap-1) {
    const double epsilon = loss.epsilon(delta);
    if (epsilon == infinity) break;
    // (epsilon, delta) bounds both errors of any test (Kairouz, Oh and Viswanath 2015).
    const double by_others = std::min(exact::exp(epsilon), 0x1p1000) * false_positive_rate + delta;
    const double by_missed =
        1.0 - exact::exp(-epsilon) * (1.0 - delta - false_positive_rate) + formula_error;
    least = std::min({least, by_others * (1.0 + formula_error), by_missed});
  }
  return least;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/privacy/fourier.hpp"
#include "lib/privacy/grid_losses.hpp"

namespace bailiwick {

namespace {

/// What lies beyond a window that sums are cut to, at each side: e^-46 is 1e-20.
constexpr double log_cut_off = -46.0;

double loss_of(const GridLosses& losses, std::size_t i) {
  return static_cast<double>(losses.first + static_cast<std::int64_t>(i)) * loss_step;
}

/// ln of the mean of exp(t loss), over the finite losses.
double log_moment(const GridLosses& losses, double t) {
  const double step = t * loss_step;
  double largest = 0.0;
  for (const double mass : losses.masses)
    largest = std::max(largest, mass);
  if (largest == 0.0) return -std::numeric_limits<double>::infinity();
  const auto last = static_cast<double>(losses.masses.size() - 1);
  // Exponents from the end on that the largest ones are at.
  const double from = t > 0 ? last : 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < losses.masses.size(); ++i)
    if (losses.masses[i] > 0.0)
      sum += losses.masses[i] * std::exp(step * (static_cast<double>(i) - from));
  return std::log(sum) + step * (static_cast<double>(losses.first) + from);
}

double variance(const GridLosses& losses) {
  double mass = 0.0, sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < losses.masses.size(); ++i) {
    const double loss = loss_of(losses, i);
    mass += losses.masses[i];
    sum += losses.masses[i] * loss;
    squares += losses.masses[i] * loss * loss;
  }
  return mass > 0 ? std::max(squares / mass - (sum / mass) * (sum / mass), 0.0) : 0.0;
}

/// Chernoff's bounds of the sum of n losses, at exponents about the best one for a normal sum.
/// What they need of the losses is computed once.
class Chernoff {
 public:
  /// Of sums above, for sign 1; of those below, for -1.
  Chernoff(const GridLosses& losses, std::uint64_t n, double sign)
      : n_(static_cast<double>(n)), sign_(sign) {
    const double spread = std::sqrt(std::max(n_ * variance(losses), loss_step * loss_step));
    double t = 4 * std::sqrt(-2 * log_cut_off) / spread;
    int binade = 0;
    for (Exponent& exponent : exponents_) {
      // With few digits, so that its products with losses are exact.
      t = std::ldexp(std::floor(std::ldexp(std::frexp(t, &binade), 10)), binade - 10);
      exponent = {t, n_ * log_moment(losses, sign * t)};
      t *= 0.75;
    }
  }

  /// Steps that the sum is beyond with a probability below e^log_cut_off.
  double edge() const {
    const Exponent best = best_at(log_cut_off);
    return sign_ * (best.log_moment - log_cut_off) / best.t / loss_step;
  }
  /// The same of a sum whose masses are multiplied by exp(t loss), t one of the exponents.
  double edge_at(double t) const {
    const auto at = std::ranges::find(exponents_, t, &Exponent::t);
    double least = std::numeric_limits<double>::infinity();
    for (auto larger = exponents_.begin(); larger != at; ++larger)
      least = std::min(least,
                       (larger->log_moment - at->log_moment - log_cut_off) / (larger->t - at->t));
    return sign_ * least / loss_step;
  }

  /// The probability of being beyond so many steps, at most.
  double beyond(double steps) const {
    double least = 0.0;
    for (const auto& [t, log_moment] : exponents_)
      least = std::min(least, log_moment - sign_ * t * steps * loss_step);
    // What the moment's own sum may be wrong by, to the n-th power.
    return std::exp(least + n_ * 0x1p-30);
  }

  /// The exponent whose bound of where the tail has a probability of e^log_tail is the best.
  double exponent(double log_tail) const { return best_at(log_tail).t; }

 private:
  struct Exponent {
    double t = 0.0, log_moment = 0.0;  ///< of the sum
  };

  Exponent best_at(double log_tail) const {
    return *std::ranges::min_element(exponents_, {}, [&](const Exponent& exponent) {
      return (exponent.log_moment - log_tail) / exponent.t;
    });
  }

  double n_, sign_;
  std::array<Exponent, 20> exponents_;
};

/// Where the loss of so many steps lies on a circle.
std::size_t place(std::int64_t steps, std::size_t size) {
  return static_cast<std::size_t>(steps) & (size - 1);  // a power of two: also of negative numbers
}

/// Nothing beside the errors that are counted; numbers that are much smaller slow processors down.
constexpr double negligible = 0x1p-500, log_negligible = -347.0;

/// Masses times exp(t loss - log_moment), on a circle.
std::vector<Complex> rolled(const GridLosses& losses, std::size_t size, double t = 0.0,
                            double log_moment = 0.0) {
  std::vector<Complex> circle(size);
  for (std::size_t i = 0; i < losses.masses.size(); ++i) {
    const double mass =
        losses.masses[i] * (t == 0.0 ? 1.0 : std::exp(t * loss_of(losses, i) - log_moment));
    if (mass > negligible)
      circle[place(losses.first + static_cast<std::int64_t>(i), size)].re += mass;
  }
  return circle;
}

Complex power(Complex base, std::uint64_t n) {
  Complex result{1.0, 0.0};
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) result = result * base;
    base = base * base;
  }
  return result;
}

double size_of(Complex x) {
  return std::sqrt(x.re * x.re + x.im * x.im);
}

/// What rounding has come to after the inverse transform of a spectrum of which each number may be
/// wrong by so much.
class SpectrumError {
 public:
  void add(double error, double size) {
    errors_ += error;
    sizes_ += size;
    square_errors_ += error * error;
    square_sizes_ += size * size;
  }
  /// Of each mass: an inverse transform is a mean over the spectrum, and adds an error of its own.
  double of_each(const Fourier& fourier) const {
    return (errors_ + fourier.error() * sizes_) / static_cast<double>(fourier.size()) *
           (1 + 0x1p-20);
  }
  /// Of all masses together: the root of their number times the Euclidean norm, which transforms
  /// keep but for that root, and change by the same share in rounding.
  double of_all(const Fourier& fourier) const {
    return (std::sqrt(square_errors_) + fourier.error() * std::sqrt(square_sizes_)) * (1 + 0x1p-20);
  }

 private:
  double errors_ = 0.0, sizes_ = 0.0, square_errors_ = 0.0, square_sizes_ = 0.0;
};

/// No mass is negative.
double mass_of(Complex number, std::size_t size) {
  return std::max(number.re / static_cast<double>(size), 0.0);
}

/// Masses beyond the largest loss become infinite, those below the least one are moved up to it.
GridLosses cut(GridLosses losses) {
  const std::int64_t last = losses.first + static_cast<std::int64_t>(losses.masses.size()) - 1;
  if (last > most_loss_steps) {
    const auto too_many = static_cast<std::size_t>(std::min<std::int64_t>(
        last - most_loss_steps, static_cast<std::int64_t>(losses.masses.size())));
    for (std::size_t i = losses.masses.size() - too_many; i < losses.masses.size(); ++i)
      losses.infinite += losses.masses[i];
    losses.masses.resize(losses.masses.size() - too_many);
  }
  if (losses.first < -most_loss_steps) {
    const auto too_many = static_cast<std::size_t>(std::min<std::int64_t>(
        -most_loss_steps - losses.first, static_cast<std::int64_t>(losses.masses.size())));
    double sum = 0.0;
    for (std::size_t i = 0; i < too_many; ++i)
      sum += losses.masses[i];
    losses.masses.erase(losses.masses.begin(),
                        losses.masses.begin() + static_cast<std::ptrdiff_t>(too_many));
    losses.first += static_cast<std::int64_t>(too_many);
    if (losses.masses.empty()) losses.masses.push_back(0.0);
    losses.masses[0] += sum;
  }
  if (losses.masses.empty()) losses.masses.push_back(0.0);
  losses.infinite = std::min(losses.infinite * (1 + 0x1p-30), 1.0);
  return losses;
}

/// Upper bounds of the masses of the sum of n losses in a window from `first` on. The transform of
/// the masses is wrong by at most `error` in each frequency, hence its n-th power by n error
/// |x|^(n - 1), which is added. To bound small masses too, masses are multiplied by exp(t loss)
/// before and divided after, with which also go the errors: at t > 0 they are small where losses
/// are large, and more than 1 where these are small.
std::vector<double> bounds_of_sums(const GridLosses& losses, std::uint64_t n, std::int64_t first,
                                   const Fourier& fourier, double t) {
  const double moment = t == 0.0 ? 0.0 : log_moment(losses, t);
  const auto times = static_cast<double>(n);
  const std::size_t size = fourier.size();
  std::vector<Complex> spectrum = rolled(losses, size, t, moment);
  fourier.forward(spectrum);
  SpectrumError rounding;
  for (Complex& x : spectrum) {
    const double log_power = (times - 1.0) * std::log(size_of(x) + fourier.error());
    if (log_power > log_negligible) {
      x = power(x, n);
      rounding.add(times * (fourier.error() + 0x1p-51) * std::exp(log_power), size_of(x));
    } else {
      x = {};
      rounding.add(negligible, 0.0);
    }
  }
  fourier.inverse(spectrum);
  const double error = rounding.of_each(fourier);
  // The exponents of the masses that count are known to 2^-43.
  const double log_scale = times * moment + times * 0x1p-43;
  std::vector<double> bounds(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::int64_t steps = first + static_cast<std::int64_t>(i);
    const double tilt = t * static_cast<double>(steps) * loss_step;
    bounds[i] = (mass_of(spectrum[place(steps, size)], size) + error) *
                std::exp(log_scale - tilt + 0x1p-50 * (std::abs(log_scale) + std::abs(tilt) + 1));
  }
  return bounds;
}

}  // namespace

// The sums lie on a circle as long as the window, where one beyond an end adds to what is at the
// other, and is added where it belongs at last: above the window to infinity, below it to its
// lowest loss.
GridLosses composed(const GridLosses& losses, std::uint64_t n) {
  ensure(n > 0, "something is composed");
  if (n == 1) return losses;
  constexpr auto most = static_cast<double>(most_loss_steps);
  const Chernoff above(losses, n, 1.0), below(losses, n, -1.0);
  const double t = above.exponent(log_cut_off / 2);
  const double upper = std::clamp(std::ceil(std::max(above.edge(), above.edge_at(t))), -most, most);
  const double lower = std::clamp(std::floor(below.edge()), -most, upper);
  const auto first = static_cast<std::int64_t>(lower);
  const Fourier fourier(std::bit_ceil(static_cast<std::size_t>(upper - lower) + 1));

  GridLosses result{first, bounds_of_sums(losses, n, first, fourier, 0.0), 0.0};
  const std::vector<double> tail = bounds_of_sums(losses, n, first, fourier, t);
  std::ranges::transform(result.masses, tail, result.masses.begin(),
                         [](double a, double b) { return std::min(a, b); });
  result.masses[0] += below.beyond(lower);
  result.infinite = static_cast<double>(n) * losses.infinite +
                    above.beyond(lower + static_cast<double>(fourier.size()) - 1);
  return cut(std::move(result));
}

GridLosses composed(const GridLosses& a, const GridLosses& b) {
  if (b.masses.size() == 1 && b.masses[0] == 1.0) {
    GridLosses result = a;
    result.first += b.first;
    result.infinite += b.infinite;
    return cut(std::move(result));
  }
  if (a.masses.size() == 1 && a.masses[0] == 1.0) return composed(b, a);
  const std::size_t count = a.masses.size() + b.masses.size() - 1, size = std::bit_ceil(count);
  const Fourier fourier(size);
  std::vector<Complex> spectrum = rolled(a, size), other = rolled(b, size);
  fourier.forward(spectrum);
  fourier.forward(other);
  SpectrumError rounding;
  for (std::size_t k = 0; k < size; ++k) {
    const double x = size_of(spectrum[k]), y = size_of(other[k]), e = fourier.error();
    spectrum[k] = spectrum[k] * other[k];
    rounding.add(e * (x + y + e) + 0x1p-51 * x * y, x * y);
  }
  fourier.inverse(spectrum);
  GridLosses result{a.first + b.first, std::vector<double>(count),
                    a.infinite + b.infinite + rounding.of_all(fourier)};
  for (std::size_t i = 0; i < count; ++i)
    result.masses[i] =
        mass_of(spectrum[place(result.first + static_cast<std::int64_t>(i), size)], size);
  return cut(std::move(result));
}

}  // namespace bailiwick

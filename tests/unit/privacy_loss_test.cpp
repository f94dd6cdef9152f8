// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Privacy loss distributions are never below the truth, and close to it.

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "lib/privacy/fourier.hpp"
#include "lib/privacy/privacy_loss.hpp"
#include "lib/privacy/renyi.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;

namespace {

using Losses = PrivacyLossDistribution;

double above(double x) {
  return std::erfc(x / std::sqrt(2.0)) / 2;
}

/// Of one sampled release, both ways (the mixture against the Gaussian, and back).
double exact_delta(double z, double q, double epsilon) {
  const auto crossing = [&](double loss) {
    return z * z * std::log((std::expm1(loss) + q) / q) + 0.5;
  };
  const auto mixture = [&](double y, double sign) {
    return (1 - q) * above(sign * y / z) + q * above(sign * (y - 1) / z);
  };
  const double up = crossing(epsilon);
  const double with = mixture(up, 1) - std::exp(epsilon) * above(up / z);
  if (std::expm1(-epsilon) + q <= 0) return with;
  const double down = crossing(-epsilon);
  return std::max(with, above(-down / z) - std::exp(epsilon) * mixture(down, -1));
}

/// Balle and Wang 2018 (arXiv 1805.06530), theorem 8.
double exact_gaussian_delta(double z, double epsilon) {
  return above(epsilon * z - 0.5 / z) - std::exp(epsilon) * above(epsilon * z + 0.5 / z);
}

}  // namespace

TEST_CASE("the Fourier transform is that of its definition, and has a way back") {
  std::mt19937_64 generator(1);
  std::uniform_real_distribution<double> draw(-1, 1);
  for (const std::size_t size : {1, 2, 4, 32}) {
    std::vector<Complex> values(size);
    double sizes = 0;
    for (Complex& value : values) {
      value = {draw(generator), draw(generator)};
      sizes += std::hypot(value.re, value.im);
    }
    const Fourier fourier(size);
    std::vector<Complex> spectrum = values;
    fourier.forward(spectrum);
    const auto bits = static_cast<unsigned>(std::lround(std::log2(size)));
    for (std::size_t k = 0; k < size; ++k) {
      Complex sum;
      for (std::size_t i = 0; i < size; ++i) {
        const double angle =
            -2 * std::numbers::pi * static_cast<double>(i * k % size) / static_cast<double>(size);
        sum = sum + values[i] * Complex{std::cos(angle), std::sin(angle)};
      }
      std::size_t reversed = 0;
      for (unsigned b = 0; b < bits; ++b)
        reversed |= (k >> b & 1) << (bits - 1 - b);
      const Complex difference = spectrum[reversed] - sum;
      CHECK(std::hypot(difference.re, difference.im) <= 2 * fourier.error() * sizes);
    }
    fourier.inverse(spectrum);
    for (std::size_t i = 0; i < size; ++i) {
      CHECK(spectrum[i].re / static_cast<double>(size) == Approx(values[i].re).margin(1e-14));
      CHECK(spectrum[i].im / static_cast<double>(size) == Approx(values[i].im).margin(1e-14));
    }
  }
  CHECK_THROWS(Fourier(3));
}

TEST_CASE("one release: delta is the exact one, rounded up") {
  for (const double z : {0.5, 1., 4.53, 20.})
    for (const double q : {1e-4, 0.01, 0.3, 1.}) {
      if (testing::sanitized && z != 4.53) continue;
      const Losses losses = Losses::sampled_gaussian(z, q);
      double before = 1;
      for (const double epsilon : {0., 1e-5, 0x1p-10, 0.01, 0.1, 1., 3.3, 8., 20.}) {
        INFO("z " << z << ", q " << q << ", epsilon " << epsilon);
        const double exact = exact_delta(z, q, epsilon), ours = losses.delta(epsilon);
        CHECK(ours >= exact * (1 - 1e-9));
        // Between 0 and the first step of the grid it is a straight line.
        if (epsilon != 1e-5) CHECK(ours <= exact * 1.001 + 1e-15);
        CHECK(ours <= before);
        before = ours;
        if (ours > 1e-15 && epsilon > 0) {
          CHECK(losses.epsilon(ours) <= epsilon + 1e-10);
          CHECK(losses.epsilon(ours) >= epsilon - 1e-6);
        }
      }
    }
}

TEST_CASE("Gaussian releases together are one with less noise") {
  // z = sqrt(3) three times: google/differential-privacy, pld_privacy_accountant_test.py
  // test_gaussian_basic, to more digits.
  const Losses three = Losses::gaussian(std::sqrt(3), 3);
  CHECK(three.delta(1) >= 0.126936737506644);
  CHECK(three.delta(1) < 0.126936737506644 * (1 + 1e-7));
  Losses sum = Losses::gaussian(std::sqrt(3));
  sum += Losses::gaussian(std::sqrt(3));
  sum += Losses::gaussian(std::sqrt(3));
  CHECK(sum.delta(1) >= 0.126936737506644);
  CHECK(sum.delta(1) < 0.126936737506644 * (1 + 1e-6));
  // tensorflow/privacy, compute_dp_sgd_privacy_test.py: z = 0.7 twice.
  const double twice = Losses::gaussian(0.7, 2).epsilon(1e-5);
  CHECK(twice >= 10.12249458391);
  CHECK(twice < 10.12249458391 + 1e-7);
  // As if it were sampled, by the Fourier transform: down to a delta far below its precision.
  const double q = 1 - 1e-15;
  for (const std::uint64_t n : {2, 100, 10000}) {
    if (testing::sanitized && n != 100) continue;
    const double z = 2 * std::sqrt(static_cast<double>(n));
    const Losses composed = Losses::sampled_gaussian(z, q, n);
    for (const double epsilon : {0.1, 0.5, 1., 2., 3.}) {
      const double exact = exact_gaussian_delta(2, epsilon), ours = composed.delta(epsilon);
      INFO(n << " times, epsilon " << epsilon << ": " << ours << " for " << exact);
      CHECK(ours >= exact * (1 - 1e-9));
      CHECK(ours < exact * 1.002 + 1e-18);
    }
  }
}

TEST_CASE("sampled releases: published values") {
  if (testing::sanitized) return;  // the same code as of one release, for half a minute
  struct Run {
    double z, q;
    std::uint64_t releases;
    double delta, epsilon, below, beyond;
  };
  // tensorflow/privacy's (by dp_accounting's PLD), and those of microsoft/prv_accountant and
  // opacus, which are upper bounds with an allowance of 0.01.
  for (const Run& run : {Run{.7, .01, 120, 1e-5, 2.4612381, 1e-5, 1e-5},
                         Run{.8, .001, 1000, 1e-6, 0.477771266184522, 0.0105, 0},
                         Run{1.5, .05, 1000, 1e-6, 6.20996924657726712, 0.0105, 0},
                         Run{2.0, .001, 20000, 1e-6, 0.305837939762453, 0.0105, 0},
                         Run{3.0, .2, 100, 1e-6, 3.38122051022184, 0.0105, 0},
                         Run{1.5, .04, 2250, 1e-5, 6.777395712150674, 0.0105, 0}}) {
    const double ours = Losses::sampled_gaussian(run.z, run.q, run.releases).epsilon(run.delta);
    INFO("z " << run.z << ", q " << run.q << ": " << ours << " for " << run.epsilon);
    CHECK(ours >= run.epsilon - run.below);
    CHECK(ours <= run.epsilon + run.beyond);
    CHECK(ours <= RenyiLoss::sampled_gaussian(run.z, run.q, run.releases).epsilon(run.delta));
  }
  // google/differential-privacy, test_poisson_subsampled_gaussian.
  CHECK(Losses::sampled_gaussian(.5, .2, 3).delta(1) == Approx(0.15594).margin(1e-5));
}

TEST_CASE("small deltas of many releases are not lost in rounding") {
  for (const double delta : {1e-7, 1e-10, 1e-13}) {
    const double ours = Losses::sampled_gaussian(1, .001, 30000).epsilon(delta);
    CHECK(ours < RenyiLoss::sampled_gaussian(1, .001, 30000).epsilon(delta));
  }
}

TEST_CASE("losses of different releases add up") {
  if (testing::sanitized) return;  // the same code as of one release, for half a minute
  Losses sum = Losses::sampled_gaussian(1, .02, 100);
  sum += Losses::sampled_gaussian(1, .02, 200);
  const double together = Losses::sampled_gaussian(1, .02, 300).epsilon(1e-6);
  CHECK(sum.epsilon(1e-6) == Approx(together).epsilon(1e-5));
  const double before = sum.epsilon(1e-6);
  sum += Losses::none();
  CHECK(sum.epsilon(1e-6) == Approx(before).epsilon(1e-6));
  sum += Losses::gaussian(3);
  CHECK(sum.epsilon(1e-6) > before);
}

TEST_CASE("no releases, and releases without noise") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Losses none = Losses::sampled_gaussian(1, 0, 5);
  CHECK(none.epsilon(0) == 0);
  CHECK(none.delta(0) == 0);
  CHECK(Losses::gaussian(1, 0).epsilon(0) == 0);
  for (const Losses& bare : {Losses::gaussian(0), Losses::gaussian(0.01),
                             Losses::gaussian(1, 10000), Losses::sampled_gaussian(0, 0.1, 10)}) {
    CHECK(bare.epsilon(0.5) == infinity);
    CHECK(bare.delta(100) > 0.5);
  }
  CHECK(Losses::gaussian(1).epsilon(0) == infinity);
  CHECK(Losses::gaussian(1).epsilon(1) == 0);
  CHECK(Losses::gaussian(1).delta(infinity) < 1e-20);
  CHECK(Losses::gaussian(1).delta(1000) < 1e-20);
  // A few losses are beyond what the grid holds.
  CHECK(Losses::sampled_gaussian(.05, .001).delta(63) >= 0.0009);
}

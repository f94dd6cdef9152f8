// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What releases cost meets what others published about it, and budgets hold.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/privacy/discrete_gaussian.hpp"
#include "lib/privacy/renyi.hpp"
#include "lib/privacy/sampled_gaussian.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unit = 0x1p-40;

std::size_t place(int order) {
  const auto found = std::ranges::find(renyi_orders, order);
  REQUIRE(found != renyi_orders.end());
  return static_cast<std::size_t>(found - renyi_orders.begin());
}

double at(const RenyiLoss& loss, int order) {
  return static_cast<double>(loss.words()[place(order)]) * unit;
}

/// Ours agrees with a value that was printed with at least 12 digits, or is said to be somewhat
/// less than it really is, to a relative error, and is never below it.
void check_bound(double ours, double exact, double relative = 1e-9) {
  CHECK(ours >= exact * (1 - 1e-12));
  CHECK(ours <= exact * (1 + relative));
}

}  // namespace

TEST_CASE("orders of losses") {
  CHECK(renyi_orders.size() == 111);
  CHECK(renyi_orders[62] == 64);
  CHECK(renyi_orders[63] == 72);
  CHECK(renyi_orders[71] == 144);
  CHECK(renyi_orders.back() == 4096);
  CHECK(std::ranges::is_sorted(renyi_orders));
}

TEST_CASE("the loss of a Gaussian release is alpha sensitivity^2 / (2 scale^2)") {
  // google/differential-privacy, rdp_privacy_accountant_test.py, test_discrete_gaussian_rdp:
  // sensitivity 2, scale 5; there at order 3.14159.
  const RenyiLoss loss = RenyiLoss::gaussian(2, 5);
  for (const int order : renyi_orders)
    CHECK(loss.words()[place(order)] == std::ceil(std::ldexp(0.08L * order, 40)));
  CHECK(loss.epsilon(1e-6) > 0);
  const std::uint64_t most = largest_noise_scale;
  CHECK(RenyiLoss::gaussian(most, most).words()[0] == std::uint64_t{1} << 40);
  CHECK(RenyiLoss::gaussian(most, most - 1).words()[0] == (std::uint64_t{1} << 40) + 3);
  CHECK(RenyiLoss::gaussian(1, most).words()[0] == 1);
  CHECK(RenyiLoss::gaussian(0, 1) == RenyiLoss::none());
  CHECK(RenyiLoss::gaussian(0, 0) == RenyiLoss::none());
  CHECK(RenyiLoss::gaussian(1, 0) == RenyiLoss::infinite());
  CHECK(RenyiLoss::gaussian(most, 1) == RenyiLoss::infinite());
  // 2^24 - 1 still fits a word, 2^24 does not.
  CHECK(RenyiLoss::gaussian(4095, 1).words()[0] == std::uint64_t{4095 * 4095} << 40);
  CHECK(RenyiLoss::gaussian(4096, 1) == RenyiLoss::infinite());
  CHECK_THROWS(RenyiLoss::gaussian(most + 1, 1));
}

TEST_CASE("losses of sampled releases: published and high-precision values") {
  // google/differential-privacy, test_compute_rdp_poisson_sampled_gaussian: 50 releases.
  check_bound(50 * sampled_gaussian_divergence(5, 2.5, 0.01), 2.180756562307881e-03);
  check_bound(50 * sampled_gaussian_divergence(50, 2.5, 0.01), 2.384603753870617e-02);
  check_bound(50 * sampled_gaussian_divergence(100, 2.5, 0.01), 167.4163075484183);
  struct Value {
    double z, q;
    int order;
    double divergence;  ///< computed with 60 decimal digits
  };
  for (const Value& v :
       {Value{2.5, .01, 2, 1.735093657081048e-05}, Value{2.5, .01, 4, 3.482837187768317e-05},
        Value{2.5, .01, 8, 7.017055184466415e-05}, Value{2.5, .01, 16, 1.424616840014071e-04},
        Value{2.5, .01, 32, 2.939794849112008e-04}, Value{2.5, .01, 64, 4.460375873321703e-01},
        Value{1.5, .04, 2, 8.949969668737387e-04}, Value{1.5, .04, 4, 1.885340064445780e-03},
        Value{1.5, .04, 8, 4.271584526737434e-03}, Value{1.5, .04, 16, 1.670092793697133e-01},
        Value{1.5, .04, 32, 3.788426314311532}, Value{1, .001, 2, 1.718280352214515e-06},
        Value{1, .001, 8, 6.987941649094147e-06}, Value{1, .001, 16, 6.320600079259339e-01},
        Value{1, .001, 32, 8.869413905602325}, Value{.5, .2, 2, 1.145472337815981},
        Value{.5, .2, 8, 14.16064238579276}, Value{.5, .2, 64, 126.3650154540352}}) {
    check_bound(sampled_gaussian_divergence(v.order, v.z, v.q), v.divergence);
    const double once = at(RenyiLoss::sampled_gaussian(v.z, v.q), v.order);
    CHECK(once >= v.divergence);
    CHECK(once <= v.divergence * (1 + 1e-9) + unit);
  }
}

TEST_CASE("epsilon of sampled releases: published values") {
  struct Run {
    double z, q;
    std::uint64_t releases;
    double delta, epsilon, relative;
  };
  // opacus accountants_test.py at integer orders; tensorflow/privacy
  // compute_dp_sgd_privacy_test.py Test0, Test1, and its example at integer orders.
  for (const Run& run :
       {Run{1.5, .04, 2250, 1e-5, 7.329876773834, 1e-9},
        Run{1.3, 150 / 60000., 6000, 1e-5, 0.7242234026109595, 1e-9},
        Run{1.0, 100 / 1e5, 30000, 1e-7, 1.4154988495444842, 1e-9},
        Run{.7, .01, 120, 1e-5, 3.3994076752, 1e-9},
        // microsoft/prv_accountant's settings, to the digits printed.
        Run{.8, .001, 1000, 1e-6, 1.56075, 1e-4}, Run{1.5, .05, 1000, 1e-6, 6.69095, 1e-4},
        Run{2.0, .001, 20000, 1e-6, 0.32265, 3e-4}, Run{3.0, .2, 100, 1e-6, 3.64305, 1e-4}}) {
    INFO("z " << run.z << ", q " << run.q);
    check_bound(RenyiLoss::sampled_gaussian(run.z, run.q, run.releases).epsilon(run.delta),
                run.epsilon, run.relative);
  }
  // The docstring of opacus/accountants/analysis/rdp.py, recomputed.
  RenyiLoss sum = RenyiLoss::sampled_gaussian(1, 1e-5, 10);
  sum += RenyiLoss::sampled_gaussian(3, 1e-4, 4);
  check_bound(sum.epsilon(1e-5), 0.33634406339, 1e-8);
  // tensorflow/privacy: z = 0.7 twice without sampling; best at order 3.3, which is none of ours.
  const double twice = RenyiLoss::sampled_gaussian(.7, 1, 2).epsilon(1e-5);
  CHECK(twice >= 10.8602035740);
  CHECK(twice < 10.8602035740 * 1.006);
}

TEST_CASE("epsilon and delta by proposition 12: published values") {
  // google/differential-privacy, test_compute_epsilon_delta_pure_dp: 1.1 at orders 2 to 32.
  std::vector<std::uint64_t> words(renyi_orders.size(), std::numeric_limits<std::uint64_t>::max());
  std::fill_n(words.begin(), 31, static_cast<std::uint64_t>(std::ceil(1.1 / unit)));
  const RenyiLoss pure = RenyiLoss::from_words(words);
  check_bound(pure.epsilon(1e-5), 1.327838061755436);
  check_bound(pure.delta(1.327838061755436), 1e-5, 1e-8);
  // test_compute_epsilon_delta_gaussian, best at order 21.985.
  check_bound(RenyiLoss::sampled_gaussian(4.530877117, 1).epsilon(1e-6), 1.0, 1e-5);
  // rho-zCDP at the best real order.
  for (const auto& [rho, epsilon] :
       {std::pair{.01, .62169}, {.1, 2.14194}, {.5, 5.22153}, {1, 7.76622}})
    check_bound(RenyiLoss::sampled_gaussian(1 / std::sqrt(2 * rho), 1).epsilon(1e-6),
                epsilon - 5e-6, 1e-2);
  // Three Gaussian releases with z = sqrt(3): exactly 0.126936737506644.
  CHECK(RenyiLoss::sampled_gaussian(std::sqrt(3), 1, 3).delta(1) > 0.126936737506644);
}

TEST_CASE("what is spent counts, however little it is") {
  std::mt19937_64 generator(2);
  std::uniform_real_distribution<double> draw(0, 1);
  std::uniform_int_distribution<std::uint64_t> any(1, largest_noise_scale);
  RenyiLoss total;
  const auto check_grows = [&](const RenyiLoss& loss) {
    const RenyiLoss before = total;
    total += loss;
    for (std::size_t i = 0; i < renyi_orders.size(); ++i)
      REQUIRE((total.words()[i] > before.words()[i] ||
               total.words()[i] == std::numeric_limits<std::uint64_t>::max()));
    CHECK(total.epsilon(1e-6) >= before.epsilon(1e-6));
    CHECK(total.delta(1) >= before.delta(1));
  };
  for (int i = 0; i < 200; ++i) {
    check_grows(RenyiLoss::gaussian(std::max<std::uint64_t>(any(generator) >> (i % 40), 1),
                                    any(generator)));
    if (i % 10 == 0) check_grows(RenyiLoss::gaussian(1, largest_noise_scale));
    if (total == RenyiLoss::infinite()) total = RenyiLoss::none();
  }
  for (int i = 0; i < 20; ++i)
    check_grows(RenyiLoss::sampled_gaussian(std::exp(40 * draw(generator) - 2),
                                            std::exp(-40 * draw(generator))));
  check_grows(RenyiLoss::sampled_gaussian(1e300, 5e-324));
  check_grows(RenyiLoss::sampled_gaussian(1e300, 1));
  check_grows(RenyiLoss::sampled_gaussian(infinity, 0.5));
}

TEST_CASE("losses saturate, and what is saturated is infinite") {
  const RenyiLoss infinite = RenyiLoss::infinite(), none = RenyiLoss::none();
  CHECK(infinite.epsilon(0.999) == infinity);
  CHECK(infinite.delta(1e6) == 1);
  CHECK(infinite.delta(infinity) == 1);
  CHECK(none.epsilon(0) == 0);
  CHECK(none.delta(0) == 0);
  CHECK(infinite + RenyiLoss::gaussian(1, 1) == infinite);
  CHECK(infinite + infinite == infinite);
  CHECK(infinite.times(1) == infinite);
  CHECK(infinite.times(0) == none);
  const RenyiLoss one = RenyiLoss::gaussian(1, 1);
  CHECK(one.times(std::uint64_t{1} << 24) == infinite);
  CHECK(one.times((1 << 24) - 1).words()[0] == std::uint64_t{(1 << 24) - 1} << 40);
  CHECK(one.times(3) == one + one + one);
  CHECK(RenyiLoss::sampled_gaussian(0, 0.5) == infinite);
  CHECK(RenyiLoss::sampled_gaussian(5e-324, 1) == infinite);
  CHECK(RenyiLoss::sampled_gaussian(0, 0) == none);
  CHECK(RenyiLoss::sampled_gaussian(1, 0.5, 0) == none);
  CHECK(one.epsilon(0) == infinity);
  CHECK(one.epsilon(1) == 0);
  CHECK(one.delta(infinity) < 1e-300);
}

TEST_CASE("losses as words") {
  const RenyiLoss loss = RenyiLoss::sampled_gaussian(1.1, 0.3);
  CHECK(RenyiLoss::from_words(loss.words()) == loss);
  try {
    RenyiLoss::from_words(loss.words().first(7));
    FAIL("took too few words");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::data);
    CHECK(std::string(error.what()) == "a privacy loss has 111 words, not 7: was it cut off?");
  }
}

TEST_CASE("golden losses: budgets are the same on every machine") {
  std::uint64_t sum = 0;
  const auto mix = [&](std::span<const std::uint64_t> words) {
    for (const std::uint64_t word : words)
      sum = sum * 31 + word;
  };
  for (const double q : {1e-6, 0.01, 0.25, 0.9999, 1.0})
    for (const double z : {0.1, 0.7, 1.0, 4.0, 100.0})
      mix(RenyiLoss::sampled_gaussian(z, q, 1000).words());
  CHECK(sum == 0x709b4aa32360ecaf);
  CHECK(PrivacyFilter(1, 1e-6).limit() == 589152479094);
  CHECK(PrivacyFilter(8, 1e-5).limit() == 5400953256343);
}

TEST_CASE("more noise, fewer units and fewer releases cost no more") {
  const auto no_more = [](const RenyiLoss& a, const RenyiLoss& b) {
    return std::ranges::equal(a.words(), b.words(), std::ranges::less_equal{});
  };
  for (int i = 1; i < 30; ++i) {
    const double z = 0.2 * i, q = i / 30.;
    CHECK(no_more(RenyiLoss::sampled_gaussian(z * 1.1, q), RenyiLoss::sampled_gaussian(z, q)));
    CHECK(no_more(RenyiLoss::sampled_gaussian(z, q), RenyiLoss::sampled_gaussian(z, q + 0.01)));
    CHECK(no_more(RenyiLoss::sampled_gaussian(z, q, 9), RenyiLoss::sampled_gaussian(z, q, 10)));
    // Rounded once, not nine times.
    CHECK(RenyiLoss::sampled_gaussian(z, q * 1e-5, 9).words()[0] <=
          RenyiLoss::sampled_gaussian(z, q * 1e-5).times(9).words()[0]);
    const auto s = static_cast<std::uint64_t>(i);
    CHECK(no_more(RenyiLoss::gaussian(7, s + 1), RenyiLoss::gaussian(7, s)));
    CHECK(no_more(RenyiLoss::gaussian(s, 7), RenyiLoss::gaussian(s + 1, 7)));
    // Divergences rise with the order.
    const RenyiLoss loss = RenyiLoss::sampled_gaussian(z, q);
    CHECK(std::ranges::is_sorted(loss.words()));
    double epsilon = infinity, delta = 1;
    for (int k = 1; k < 40; ++k) {
      CHECK(loss.epsilon(std::ldexp(1, -k)) >= (k > 1 ? loss.epsilon(std::ldexp(1, 1 - k)) : 0));
      CHECK(loss.delta(k / 4.) <= delta);
      delta = loss.delta(k / 4.);
      epsilon = loss.epsilon(delta);
      // There and back.
      if (delta > 1e-300 && delta < 1e-3) CHECK(epsilon == Approx(k / 4.).epsilon(1e-6));
    }
  }
}

TEST_CASE("a filter allows what keeps its promise, up to the last unit") {
  for (const double epsilon : {0.1, 0.5, 1., 3., 8., 30., 1000.})
    for (const double delta : {1e-9, 1e-6, 1e-3}) {
      const PrivacyFilter filter(epsilon, delta);
      REQUIRE(filter.limit() > 0);
      std::vector<std::uint64_t> words(renyi_orders.size(),
                                       std::numeric_limits<std::uint64_t>::max());
      words[place(filter.order())] = filter.limit();
      const RenyiLoss all = RenyiLoss::from_words(words);
      CHECK(all.epsilon(delta) <= epsilon);
      CHECK(all.epsilon(delta) > epsilon * (1 - 1e-9));
      CHECK(filter.allows(RenyiLoss::none(), all));
      CHECK(filter.share_spent(all) == 1);
      words[place(filter.order())] = 1;
      const RenyiLoss least = RenyiLoss::from_words(words);
      CHECK_FALSE(filter.allows(all, least));
      CHECK(filter.allows(all, RenyiLoss::none()));
      CHECK_FALSE(filter.allows(RenyiLoss::none(), RenyiLoss::infinite()));
      CHECK_FALSE(filter.allows(RenyiLoss::infinite(), RenyiLoss::none()));
      CHECK(filter.share_spent(RenyiLoss::infinite()) == infinity);
      CHECK(filter.share_spent(RenyiLoss::none()) == 0);
      // Its order is the best of all for Gaussian noise: elsewhere less would fit.
      const std::uint64_t scale = smallest_scale(1 << 20, 10, epsilon, delta);
      CHECK(RenyiLoss::gaussian(1 << 20, scale).times(10).epsilon(delta) <= epsilon);
      CHECK(RenyiLoss::gaussian(1 << 20, scale - scale / 1000 - 1).times(10).epsilon(delta) >
            epsilon);
    }
}

TEST_CASE("budgets that are none") {
  CHECK_THROWS_WITH(PrivacyFilter(-1, 1e-6), ContainsSubstring("epsilon -1 and delta 1e-06"));
  CHECK_THROWS_WITH(PrivacyFilter(infinity, 1e-6), ContainsSubstring("must be finite"));
  CHECK_THROWS_WITH(PrivacyFilter(1, 0), ContainsSubstring("between 0 and 1"));
  CHECK_THROWS_WITH(PrivacyFilter(1, 1), ContainsSubstring("between 0 and 1"));
  CHECK_THROWS_WITH(PrivacyFilter(std::nan(""), 1e-6), ContainsSubstring("epsilon nan"));
  const PrivacyFilter nothing(0, 1e-6);
  CHECK(nothing.limit() == 0);
  CHECK_FALSE(nothing.allows(RenyiLoss::none(), RenyiLoss::gaussian(1, largest_noise_scale)));
  CHECK(nothing.allows(RenyiLoss::none(), RenyiLoss::none()));
  CHECK(nothing.share_spent(RenyiLoss::gaussian(1, 1)) == infinity);
}

TEST_CASE("the least scale is within the budget, and one less is not") {
  for (const std::uint64_t sensitivity :
       {std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{1} << 25})
    for (const std::uint64_t releases : {1, 6, 1000})
      for (const double epsilon : {0.1, 1., 8.}) {
        const PrivacyFilter filter(epsilon, 1e-6);
        const std::uint64_t scale = smallest_scale(sensitivity, releases, epsilon, 1e-6);
        const auto allowed = [&](std::uint64_t s) {
          return filter.allows(RenyiLoss::none(),
                               RenyiLoss::gaussian(sensitivity, s).times(releases));
        };
        CHECK(allowed(scale));
        CHECK_FALSE(allowed(scale - 1));
        CHECK(scale >= 1);
        // Release by release it comes to the same.
        RenyiLoss spent;
        for (std::uint64_t i = 0; i < releases; ++i) {
          REQUIRE(filter.allows(spent, RenyiLoss::gaussian(sensitivity, scale)));
          spent += RenyiLoss::gaussian(sensitivity, scale);
        }
        CHECK(filter.share_spent(spent) <= 1);
      }
  CHECK(smallest_scale(0, 10, 1, 1e-6) == 1);
  CHECK(smallest_scale(10, 0, 1, 1e-6) == 1);
  const auto refusal = [](std::uint64_t sensitivity, double epsilon) {
    try {
      smallest_scale(sensitivity, 1, epsilon, 1e-6);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::config);
      return std::string(error.what());
    }
    return std::string("nothing was refused");
  };
  CHECK_THAT(refusal(largest_noise_scale, 1), ContainsSubstring("a scale above 1099511627776"));
  CHECK_THAT(refusal(largest_noise_scale + 1, 1), ContainsSubstring("coarser units"));
  CHECK_THAT(refusal(1, 1e-4), ContainsSubstring("epsilon 0.0001 with delta 1e-06 is too small"));
}

TEST_CASE("what membership attacks can reach") {
  // Against Gaussian noise the best attack is known: Phi(Phi^-1(fpr) + 1/z). Ours is a bound of it.
  const auto phi = [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; };
  for (const double z : {0.5, 1., 3., 10.}) {
    double before = 0;
    for (const double quantile : {-5., -3., -2., -1., 0., 1., 2., 4.}) {
      const RenyiLoss loss = RenyiLoss::sampled_gaussian(z, 1);
      const double bound = highest_true_positive_rate(loss, phi(quantile));
      CHECK(bound >= phi(quantile + 1 / z));
      CHECK(bound >= before);
      CHECK(bound <= 1);
      if (z == 10) CHECK(bound < phi(quantile) + 0.16);
      before = bound;
    }
  }
  CHECK(highest_true_positive_rate(RenyiLoss::infinite(), 0) == 1);
  CHECK(highest_true_positive_rate(RenyiLoss::none(), 0.25) == Approx(0.25));
  CHECK(highest_true_positive_rate(RenyiLoss::none(), 1) == 1);
  CHECK(highest_true_positive_rate(RenyiLoss::gaussian(1, 1), 0) < 1e-20);
  CHECK_THROWS(highest_true_positive_rate(RenyiLoss::none(), -0.1));
}

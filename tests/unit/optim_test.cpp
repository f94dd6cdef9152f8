// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "lib/core/error.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/optim/newton.hpp"
#include "lib/optim/replay.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

/// sum over rows of log(1 + e^(-s x'theta)): logistic regression in a few lines of libm, to test
/// solvers alone.
class Logistic : public Objective {
 public:
  Logistic(std::vector<std::vector<double>> x, std::vector<int> sign, double lambda = 0)
      : x_(std::move(x)), sign_(std::move(sign)), lambda_(lambda) {}

  std::size_t size() const override { return x_.front().size(); }
  bool is_penalised(std::size_t) const override { return lambda_ > 0; }
  std::string parameter_name(std::size_t i) const override { return "x" + std::to_string(i); }

  Evaluation evaluate(std::span<const double> theta, Order) override {
    ++evaluations;
    const std::size_t d = size();
    Evaluation e;
    e.gradient.assign(d, 0);
    e.hessian.assign(d * (d + 1) / 2, 0);
    for (std::size_t r = 0; r < x_.size(); ++r) {
      double eta = 0;
      for (std::size_t j = 0; j < d; ++j)
        eta += x_[r][j] * theta[j];
      if (std::fabs(eta) > limit) e.saturated += 1;
      const double miss = 1 / (1 + std::exp(sign_[r] * eta));
      e.value += std::log1p(std::exp(-sign_[r] * eta));
      for (std::size_t j = 0, at = 0; j < d; ++j) {
        e.gradient[j] -= sign_[r] * miss * x_[r][j];
        for (std::size_t k = 0; k <= j; ++k)
          e.hessian[at++] += miss * (1 - miss) * x_[r][j] * x_[r][k];
      }
    }
    for (std::size_t j = 0; j < d; ++j) {
      e.value += lambda_ / 2 * theta[j] * theta[j];
      e.gradient[j] += lambda_ * theta[j];
      e.hessian[j * (j + 3) / 2] += lambda_;
    }
    return e;
  }
  std::vector<double> hessian_times(std::span<const double>, std::span<const double>) override {
    throw std::logic_error("not used");
  }

  int evaluations = 0;
  double limit = 1e9;

 private:
  std::vector<std::vector<double>> x_;
  std::vector<int> sign_;
  double lambda_;
};

template <class F>
Error error_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  return Error(ExitCode::ok, "nothing was thrown");
}

const std::vector<std::vector<double>> mixed{{1, -2}, {1, -1}, {1, 0}, {1, 1}, {1, 2}};
const std::vector<int> mixed_sign{-1, 1, -1, 1, 1};

}  // namespace

TEST_CASE("Cholesky solves and inverts") {
  const std::vector<double> a{4, 2, 5, 1, 3, 6};  // [4 2 1; 2 5 3; 1 3 6]
  const Cholesky factor(a);
  REQUIRE_FALSE(factor.deficient());
  const auto x = factor.solve(std::vector<double>{7, 10, 10});
  for (const double v : x)
    CHECK(v == Approx(1).epsilon(1e-15));
  const auto inverse = factor.inverse();  // by cofactors, over the determinant 67
  const std::vector<double> expected{21, -9, 23, 1, -10, 16};
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(inverse[i] == Approx(expected[i] / 67).epsilon(1e-14));
}

// Row by row and column by column, whose bits sums taken side by side must have.
TEST_CASE("Cholesky of many columns is in the order of its definition") {
  constexpr std::size_t n = 45;
  const auto at = [](std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; };
  std::vector<double> a, inverse(at(n, 0)), b;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      a.push_back(i == j ? 30 : std::sin(static_cast<double>(at(i, j))));
  std::vector<double> l = a;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      for (std::size_t k = 0; k < j; ++k)
        l[at(i, j)] = std::fma(-l[at(i, k)], l[at(j, k)], l[at(i, j)]);
      l[at(i, j)] = i == j ? std::sqrt(l[at(i, j)]) : l[at(i, j)] / l[at(j, j)];
    }
  for (std::size_t column = 0; column < n; ++column) {
    b.assign(n, 0);
    b[column] = 1;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < i; ++k)
        b[i] = std::fma(-l[at(i, k)], b[k], b[i]);
      b[i] /= l[at(i, i)];
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t k = i + 1; k < n; ++k)
        b[i] = std::fma(-l[at(k, i)], b[k], b[i]);
      b[i] /= l[at(i, i)];
    }
    for (std::size_t i = column; i < n; ++i)
      inverse[at(i, column)] = b[i];
  }
  const Cholesky factor(a);
  CHECK(factor.inverse() == inverse);
  std::vector<double> last(n, 0);
  last.back() = 1;
  CHECK(factor.solve(last) == b);
}

TEST_CASE("Cholesky names the first dependent column") {
  CHECK(Cholesky(std::vector<double>{1, 2, 4}).deficient() == std::size_t{1});
  CHECK(Cholesky(std::vector<double>{0, 0, 1}).deficient() == std::size_t{0});
  CHECK(Cholesky(std::vector<double>{1, 0, 1, NAN, 0, 1}).deficient() == std::size_t{2});
  CHECK(Cholesky(std::vector<double>{1, 0, 1, 1, 1, 2 + 1e-9}).deficient() == std::nullopt);
}

TEST_CASE("Newton converges quadratically and returns the Hessian of its last iterate") {
  Logistic objective(mixed, mixed_sign);
  std::vector<double> decrements;
  const Iterate last = newton(objective, {0, 0}, {1e-20, 50, 30}, [&](const Iterate& at) {
    CHECK(at.iteration == static_cast<int>(decrements.size()));
    decrements.push_back(at.decrement);
  });
  CHECK(last.iteration <= 7);
  CHECK(objective.evaluations == last.iteration + 1);
  for (const double g : last.evaluation.gradient)
    CHECK(std::fabs(g) < 1e-9);
  CHECK(last.evaluation.hessian == objective.evaluate(last.theta, Order::hessian).hessian);
  const std::size_t n = decrements.size();
  CHECK(decrements[n - 2] < 10 * decrements[n - 3] * decrements[n - 3]);
}

TEST_CASE("Newton halves steps that leave the range of the sums or climb") {
  Logistic far(mixed, mixed_sign);
  const Iterate last = newton(far, {8, -8}, {1e-16, 100, 30}, {});
  CHECK(far.evaluations > last.iteration + 1);
  const Iterate near = newton(far, {0, 0}, {1e-16, 50, 30}, {});
  CHECK(last.theta[1] == Approx(near.theta[1]).epsilon(1e-7));

  Logistic narrow(mixed, mixed_sign);
  narrow.limit = 2.9;  // the optimum lies inside, the full first step outside
  int halvings = 0;
  newton(narrow, {2.5, -0.1}, {1e-12, 50, 30}, [&](const Iterate& at) { halvings += at.halvings; });
  CHECK(halvings > 0);
}

TEST_CASE("Newton explains what stops it") {
  Logistic separated({{1, -2}, {1, -1}, {1, 1}, {1, 2}}, {-1, -1, 1, 1});
  const Error separation = error_of([&] { newton(separated, {0, 0}, {}, {}); });
  CHECK(separation.code() == ExitCode::not_converged);
  CHECK_THAT(separation.what(), Catch::Contains("'x1'") && Catch::Contains("model.l2"));
  Logistic penalised({{1, -2}, {1, -1}, {1, 1}, {1, 2}}, {-1, -1, 1, 1}, 0.1);
  CHECK(newton(penalised, {0, 0}, {}, {}).iteration < 15);

  // Out of iterations is no proof of separation where a penalty holds the estimate.
  Logistic barely({{1, -2}, {1, -1}, {1, 1}, {1, 2}}, {-1, -1, 1, 1}, 1e-6);
  const Error early = error_of([&] { newton(barely, {0, 0}, {1e-12, 6, 30}, {}); });
  CHECK_THAT(early.what(), Catch::Contains("not converged after 6 iterations"));
  CHECK(newton(barely, {0, 0}, {}, {}).iteration > 6);

  // Only x1 = 1 separates; the intercept has a finite estimate.
  Logistic quasi({{1, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}}, {-1, 1, 1, 1, 1});
  const Error quasi_separation = error_of([&] { newton(quasi, {0, 0}, {1e-12, 100, 30}, {}); });
  CHECK(quasi_separation.code() == ExitCode::not_converged);
  CHECK_THAT(quasi_separation.what(), Catch::Contains("'x1'"));

  Logistic singular({{1, 2, 3}, {1, 4, 5}, {1, 5, 6}, {1, 9, 10}}, {1, -1, 1, -1});
  const Error design = error_of([&] { newton(singular, {0, 0, 0}, {}, {}); });
  CHECK(design.code() == ExitCode::data);
  CHECK_THAT(design.what(), Catch::Contains("'x2' is constant or a linear combination"));

  Logistic fine(mixed, mixed_sign);
  const Error exhausted = error_of([&] { newton(fine, {0, 0}, {1e-20, 2, 30}, {}); });
  CHECK(exhausted.code() == ExitCode::not_converged);
  CHECK_THAT(exhausted.what(), Catch::Contains("not converged after 2 iterations"));

  fine.limit = 0;
  const Error saturated = error_of([&] { newton(fine, {1, 1}, {}, {}); });
  CHECK(saturated.code() == ExitCode::data);
}

TEST_CASE("a solver that hears its answers again is where it was, and asks only what is new") {
  const std::vector<double> start{0, 0};
  const NewtonOptions options{1e-20, 50, 30};
  Logistic whole(mixed, mixed_sign);
  const Iterate expected = newton(whole, start, options, {});

  for (int stop = 0; stop <= expected.iteration; ++stop) {
    CAPTURE(stop);
    std::map<std::string, std::vector<double>> state;
    Logistic before(mixed, mixed_sign), after(mixed, mixed_sign);
    Replay first(before);
    newton(first, start, options, [&](const Iterate& at) {
      if (at.iteration == stop) state = first.state();
    });
    Replay second(after);
    second.restore(state);
    const Iterate found = newton(second, start, options, {});
    CHECK(found.theta == expected.theta);
    CHECK(found.evaluation.hessian == expected.evaluation.hessian);
    CHECK(found.iteration == expected.iteration);
    CHECK(after.evaluations == expected.iteration - stop);

    // From another start nothing remembered is of use.
    Replay third(after);
    third.restore(state);
    after.evaluations = 0;
    CHECK(newton(third, {0.5, 0}, options, {}).iteration + 1 == after.evaluations);
  }
}

TEST_CASE("what a solver was told must fit together") {
  Logistic objective(mixed, mixed_sign);
  Replay replay(objective);
  replay.evaluate(std::vector<double>{0, 0}, Order::hessian);
  const auto state = replay.state();
  for (const char* name : {"solver/questions", "solver/lengths", "solver/answers"}) {
    CAPTURE(name);
    auto less = state;
    less[name].pop_back();
    CHECK(error_of([&] { Replay(objective).restore(less); }).code() == ExitCode::data);
    less.erase(name);
    CHECK(error_of([&] { Replay(objective).restore(less); }).code() == ExitCode::data);
  }
  auto wrong = state;
  wrong["solver/answers"][3] = 1e9;  // how long the gradient is
  Replay other(objective);
  other.restore(wrong);
  CHECK(error_of([&] {
          other.evaluate(std::vector<double>{0, 0}, Order::hessian);
        }).code() == ExitCode::data);
}

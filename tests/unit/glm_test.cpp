// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/glm/glm.hpp"

#include <cmath>

#include "lib/core/error.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/optim/newton.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/r_data.hpp"
#include "tests/support/rows.hpp"
#include "tests/support/taylor.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using kernels::Family;

namespace {

const std::vector<Column> wt_hp{ones(32), mtcars::wt, mtcars::hp};
const std::vector<Column> wt_qsec{ones(32), mtcars::wt, mtcars::qsec};
const std::vector<Column> qsec_hp{ones(32), mtcars::qsec, mtcars::hp};
const NewtonOptions tight{1e-22, 100, 40};

Column gear_class() {
  Column y;
  for (const double g : mtcars::gear)
    y.push_back(g - 3);
  return y;
}

GlmOptions options(Family family, std::size_t parameters = 3, std::size_t classes = 2,
                   std::vector<double> penalty = {}) {
  GlmOptions o{family, classes, {}, std::move(penalty)};
  for (std::size_t j = 0; j < parameters; ++j)
    o.names.push_back("x" + std::to_string(j));
  return o;
}

Iterate fit(const kernels::RowBlocks& rows, const GlmOptions& o, std::size_t domains = 1) {
  LocalSums sums(domains);
  const auto objective = make_glm_objective({rows}, o, sums);
  return newton(*objective, std::vector<double>(objective->size(), 0.0), tight, {});
}

void check_fit(const Iterate& fitted, const Column& coefficients, const Column& errors,
               double dispersion = 1, double epsilon = 1e-10) {
  const auto covariance = Cholesky(fitted.evaluation.hessian).inverse();
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    CHECK(fitted.theta[j] == Approx(coefficients[j]).epsilon(epsilon));
    CHECK(std::sqrt(dispersion * covariance[j * (j + 3) / 2]) ==
          Approx(errors[j]).epsilon(epsilon));
  }
}

}  // namespace

// R 4.2.2: f <- glm(formula, family, mtcars, control = glm.control(1e-15, 100)), and once more with
// start = coef(f), since R takes standard errors from the weights before the last step; "%.17g".
TEST_CASE("linear, logistic and Poisson regression agree with R") {
  // mpg ~ wt + hp
  check_fit(fit(make_rows(wt_hp, {mtcars::mpg}), options(kernels::family<kernels::Gaussian>)),
            {37.227270116447201, -3.8778307424046821, -0.031772946982161002},
            {1.5987875379993928, 0.63273349437739479, 0.0090297096758557155}, 6.7257846462574493);
  // mpg ~ wt + hp, weights = gear
  check_fit(fit(make_rows(wt_hp, {mtcars::mpg}, mtcars::gear),
                options(kernels::family<kernels::Gaussian>)),
            {37.786299526673858, -4.0892005707162866, -0.030554933411243424},
            {1.5613647621998832, 0.61874089980630953, 0.0082445266659862231}, 24.304532819916314);
  // am ~ qsec + hp, binomial
  const Iterate logistic =
      fit(make_rows(qsec_hp, {mtcars::am}), options(kernels::family<kernels::Binomial>));
  check_fit(logistic, {38.772774183200447, -1.8428939387628434, -0.044678961747971903},
            {14.682952191603071, 0.70265169043230713, 0.016845142606938354}, 1, 1e-9);
  CHECK(logistic.evaluation.log_likelihood == Approx(-13.37847807920939).epsilon(1e-13));
  // carb ~ wt + qsec, poisson; then weights = gear
  check_fit(fit(make_rows(wt_qsec, {mtcars::carb}), options(kernels::family<kernels::Poisson>)),
            {4.1268541181491916, 0.19950766331170941, -0.21464663887382074},
            {1.2132059825464609, 0.10946706498907409, 0.065388806306243302});
  check_fit(fit(make_rows(wt_qsec, {mtcars::carb}, mtcars::gear),
                options(kernels::family<kernels::Poisson>)),
            {4.1866457036625491, 0.20665844125947616, -0.2177152278771492},
            {0.5912815868930642, 0.057125006835602198, 0.031969291073403329});
}

// R: Newton's method on factor(gear) ~ qsec + hp, written out with solve(), 20 iterations from
// zero.
TEST_CASE("multinomial regression agrees with R") {
  const Iterate fitted =
      fit(make_rows(qsec_hp, {gear_class()}), options(kernels::multinomial, 6, 3));
  check_fit(fitted,
            {15.21444968989873, -0.36608726372303402, -0.07091559430656634, 93.75399941007133,
             -5.1652231359489225, -0.055328829197200523},
            {9.9587293882739516, 0.41368184643406319, 0.029871761643153392, 46.798054639640043,
             2.606234009039158, 0.027391294766127141},
            1, 1e-9);
  CHECK(fitted.evaluation.log_likelihood == Approx(-13.084859120751856).epsilon(1e-12));
}

// scikit-learn 1.2.1: LogisticRegression(C=1/1.5, solver="newton-cholesky", tol=1e-15) on qsec and
// hp, standardised with ddof=1.
TEST_CASE("penalised logistic regression agrees with scikit-learn") {
  auto standardised = qsec_hp;
  for (std::size_t j = 1; j < 3; ++j) {
    double mean = 0, squares = 0;
    for (const double v : qsec_hp[j])
      mean += v / 32;
    for (const double v : qsec_hp[j])
      squares += (v - mean) * (v - mean);
    for (double& v : standardised[j])
      v = (v - mean) / std::sqrt(squares / 31);
  }
  const Iterate fitted = fit(make_rows(standardised, {mtcars::am}),
                             options(kernels::family<kernels::Binomial>, 3, 2, {0, 1.5, 1.5}));
  const Column expected{-0.4397037742451698, -1.0979542159277218, -1.0736525887801447};
  for (std::size_t j = 0; j < 3; ++j)
    CHECK(fitted.theta[j] == Approx(expected[j]).epsilon(1e-10));
}

TEST_CASE("gradients and Hessians are those of the value, for every family") {
  struct Case {
    Family family;
    Column y;
    std::size_t classes;
  };
  for (const Case& c : {Case{kernels::family<kernels::Binomial>, mtcars::am, 2},
                        Case{kernels::family<kernels::Poisson>, mtcars::carb, 2},
                        Case{kernels::multinomial, gear_class(), 3}}) {
    const std::size_t d = 3 * (c.classes - 1);
    LocalSums sums(1);
    auto scaled = wt_hp;
    for (double& v : scaled[2])
      v /= 100;
    const auto objective =
        make_glm_objective({make_rows(scaled, {c.y}, mtcars::gear)},
                           options(c.family, d, c.classes, Column(d, 0.3)), sums);
    Column theta, direction;
    for (std::size_t j = 0; j < d; ++j) {
      theta.push_back(0.2 - 0.07 * static_cast<double>(j));
      direction.push_back(j % 2 == 0 ? 1.0 : -0.7);
    }
    const TaylorOrders orders = taylor_orders(*objective, theta, direction);
    CHECK(orders.gradient == Approx(2).margin(0.05));
    CHECK(orders.hessian == Approx(3).margin(0.05));

    const Evaluation at = objective->evaluate(theta, Order::hessian);
    const auto dense = symmetric_times(at.hessian, direction);
    const auto matrix_free = objective->hessian_times(theta, direction);
    for (std::size_t j = 0; j < d; ++j)
      CHECK(matrix_free[j] == Approx(dense[j]).epsilon(1e-12));
    CHECK(objective->evaluate(theta, Order::value).value == at.value);
    CHECK(objective->evaluate(theta, Order::gradient).gradient == at.gradient);
  }
}

TEST_CASE("a quadratic has no remainder beyond its Hessian") {
  LocalSums sums(1);
  const auto objective =
      make_glm_objective({make_rows(wt_hp, {mtcars::mpg})},
                         options(kernels::family<kernels::Gaussian>, 3, 2, {0, 2, 3}), sums);
  CHECK(newton(*objective, {5, 5, 5}, tight, {}).iteration <= 2);
}

TEST_CASE("any split of the blocks over domains gives the same words") {
  for (const Family family :
       {kernels::family<kernels::Gaussian>, kernels::family<kernels::Binomial>,
        kernels::family<kernels::Poisson>}) {
    const std::vector<Column>& x = wt_qsec;
    const Column& y = family == kernels::family<kernels::Poisson> ? mtcars::carb : mtcars::am;
    const Column theta{0.4, -0.2, 0.03};
    LocalSums pooled(1);
    const Evaluation one = make_glm_objective({make_rows(x, {y})}, options(family), pooled)
                               ->evaluate(theta, Order::hessian);
    LocalSums federated(3);
    const Evaluation three =
        make_glm_objective({make_rows(x, {y}, {}, 8, 3), make_rows(x, {y}, {}, 8, 0, 1),
                            make_rows(x, {y}, {}, 8, 1, 3)},
                           options(family), federated)
            ->evaluate(theta, Order::hessian);
    CHECK(pooled.words == federated.words);
    CHECK(one.value == three.value);
    CHECK(one.gradient == three.gradient);
    CHECK(one.hessian == three.hessian);
  }
}

TEST_CASE("sums that do not fit are counted, not used") {
  LocalSums sums(1);
  const auto objective = make_glm_objective({make_rows(wt_hp, {mtcars::carb})},
                                            options(kernels::family<kernels::Poisson>), sums);
  CHECK(objective->evaluate(Column{0, 0, 9}, Order::hessian).saturated > 0);
  CHECK_THROWS_AS(objective->hessian_times(Column{0, 0, 9}, Column{1, 1, 1}), Error);
}

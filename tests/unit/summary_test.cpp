// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/summary.hpp"

#include <cmath>

#include "kokkos_kernels/math/log_gamma.hpp"
#include "lib/core/error.hpp"
#include "lib/kinds/glm/glm.hpp"
#include "lib/model/distributions.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/optim/newton.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/r_data.hpp"
#include "tests/support/rows.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using kernels::Family;

namespace {

struct Problem {
  Family family;
  std::vector<std::string> names;
  std::vector<Column> x;
  Column y;
  Column weight = {};
  std::optional<std::size_t> intercept = 0;
  std::vector<std::string> classes = {};
};

/// Fits on standardised columns, as a run does, and summarises in raw units.
ModelSummary summarise(const Problem& p) {
  LocalSums sums(1);
  std::vector<kernels::RowBlocks> rows{make_rows(p.x, {p.y}, p.weight)};
  const ColumnMoments moments =
      pooled_moments(rows, p.y.size(), {p.names, p.intercept, p.intercept.has_value()}, sums);
  kernels::standardise(rows[0], moments.centre, moments.scale);
  const std::size_t classes = p.classes.empty() ? 2 : p.classes.size();
  const ResponseTotals response =
      response_totals(rows, p.family, classes, p.intercept.has_value(), false, sums);
  GlmOptions options{p.family, classes, {}, {}};
  options.names.resize(kernels::glm_parameters(p.family, p.names.size(), classes));
  const auto objective = make_glm_objective(rows, options, sums);
  const Iterate fitted =
      newton(*objective, std::vector<double>(objective->size(), 0.0), {1e-22, 50, 30}, {});
  return summarise_glm(
      {p.names, p.intercept, p.classes, fitted.theta, Cholesky(fitted.evaluation.hessian).inverse(),
       moments, fitted.evaluation.log_likelihood},
      p.family, response);
}

struct Expected {
  Column estimate, error, statistic, p_value;
  double deviance, null_deviance, log_likelihood, aic;
};

void check(const ModelSummary& s, const Expected& e, double epsilon = 1e-10) {
  for (std::size_t j = 0; j < e.estimate.size(); ++j) {
    CHECK(s.coefficients[j].estimate == Approx(e.estimate[j]).epsilon(epsilon));
    CHECK(s.coefficients[j].standard_error == Approx(e.error[j]).epsilon(epsilon));
    CHECK(s.coefficients[j].statistic == Approx(e.statistic[j]).epsilon(epsilon));
    CHECK(s.coefficients[j].p_value == Approx(e.p_value[j]).epsilon(1e-8));
  }
  CHECK(s.deviance.value() == Approx(e.deviance).epsilon(1e-11));
  CHECK(s.null_deviance.value() == Approx(e.null_deviance).epsilon(1e-11));
  CHECK(s.log_likelihood == Approx(e.log_likelihood).epsilon(1e-11));
  CHECK(s.aic == Approx(e.aic).epsilon(1e-11));
}

const std::vector<std::string> wt_qsec{"(intercept)", "wt", "qsec"};
const std::vector<Column> wt_qsec_columns{ones(32), mtcars::wt, mtcars::qsec};

}  // namespace

// R: lgamma(x); 2 * pt(-t, freedom); qt(0.975, freedom); 2 * pnorm(-z).
TEST_CASE("special functions agree with R") {
  CHECK(exact::log_gamma(0.5) == Approx(0.57236494292470008).epsilon(1e-14));
  CHECK(exact::log_gamma(1) == Approx(0).margin(1e-14));
  CHECK(exact::log_gamma(3.5) == Approx(1.2009736023470743).epsilon(1e-14));
  CHECK(exact::log_gamma(100.25) == Approx(360.28455963776423).epsilon(1e-14));
  CHECK(exact::log_gamma(1e6) == Approx(12815504.569147611).epsilon(1e-14));
  const auto check_all = [](auto&& f, const Column& at, const Column& expected) {
    for (std::size_t i = 0; i < at.size(); ++i)
      CHECK(f(at[i]) == Approx(expected[i]).epsilon(1e-12).margin(0));
  };
  const auto student = [](double freedom) {
    return [=](double t) { return student_p_value(t, freedom); };
  };
  check_all(
      student(1), {0.1, 1, -2.5, 10, 40},
      {0.93654896513889285, 0.5, 0.24223788318168671, 0.06345103486110712, 0.015912179824051624});
  check_all(student(29), {0.1, -1, 2.5, 10, 40},
            {0.92103244448737376, 0.32558198801619365, 0.018325344338426069, 6.599862576433477e-11,
             6.3468773297293173e-27});
  check_all(
      student(12345.5), {0.1, 1, 2.5, 10},
      {0.92034594918732726, 0.31733010737888984, 0.012432200249891473, 1.8715185669426334e-23});
  CHECK(student_p_value(0, 3) == 1);
  check_all([](double f) { return student_quantile(0.05, f); }, {1, 2, 29, 1e5},
            {12.706204736174694, 4.3026527297494619, 2.0452296421327034, 1.9599877075346088});
  // pchisq(x, k, lower.tail = FALSE)
  const auto chi_squared = [](double freedom) {
    return [=](double x) { return chi_squared_p_value(x, freedom); };
  };
  check_all(chi_squared(1), {1e-12, 0.3, 3.841458820694124},
            {0.99999920211543925, 0.58388242077036523, 0.049999999999999975});
  check_all(chi_squared(4), {0.9, 300}, {0.92456081985157113, 1.083439491947826e-63});
  check_all(chi_squared(50), {100}, {3.4549313829848641e-05});
  check_all(chi_squared(1000), {1400}, {7.0321456418285883e-16});
  CHECK(chi_squared_p_value(0, 3) == 1);
  // pf(x, k, m, lower.tail = FALSE)
  const auto f = [](double numerator, double denominator) {
    return [=](double x) { return f_p_value(x, numerator, denominator); };
  };
  check_all(f(2, 12.5), {0.01, 1, 30},
            {0.99005774574115213, 0.39549187642848493, 1.6926806915742873e-05});
  check_all(f(3, 7), {0.5, 1.5, 4},
            {0.69403638756881381, 0.29580891929643771, 0.059630822151202655});
  check_all(
      f(49, 1121670.25), {0.5, 1, 1.5, 4},
      {0.99867466992353093, 0.47313005010017151, 0.013306098960527934, 1.7867699975278231e-19});
  check_all(f(5, 0.7), {0.5, 30}, {0.79610052250990471, 0.22488298583262584});
  check_all(f(3, 1e8), {5}, {0.0018166498638697911});
  check_all(student(1e8), {2}, {0.045500266595906737});
  CHECK(f_p_value(0, 3, 7) == 1);
  check_all(
      normal_p_value, {0.5, -1.96, 8, 30},
      {0.61707507745197387, 0.049995790296440856, 1.244192114854357e-15, 9.8134278542963744e-198});
  CHECK(normal_p_value(normal_quantile_95) == Approx(0.05).epsilon(1e-15));
}

// As in glm_test.cpp; then summary(f), deviance(f), f$null.deviance, logLik(f), AIC(f), and
// confint(lm(mpg ~ wt + hp, mtcars)).
TEST_CASE("a linear model's summary is R's") {
  Problem p{kernels::family<kernels::Gaussian>,
            {"(intercept)", "wt", "hp"},
            {ones(32), mtcars::wt, mtcars::hp},
            mtcars::mpg};
  const ModelSummary s = summarise(p);
  check(s, {{37.227270116447201, -3.8778307424046821, -0.031772946982161002},
            {1.5987875379993928, 0.63273349437739479, 0.0090297096758557155},
            {23.284688697930882, -6.1286952198104192, -3.5187119102087836},
            {2.5654585119836849e-20, 1.1196471362000219e-06, 0.0014512285315694089},
            195.04775474146604,
            1126.0471874999998,
            -74.326169412820647,
            156.65233882564129});
  const Column lower{33.957382452258472, -5.1719160406755371, -0.05024077687107361};
  const Column upper{40.497157780635931, -2.583745444133827, -0.013305117093248393};
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(s.coefficients[j].lower == Approx(lower[j]).epsilon(1e-10));
    CHECK(s.coefficients[j].upper == Approx(upper[j]).epsilon(1e-10));
  }
  CHECK(s.dispersion.value() == Approx(6.7257846462574493).epsilon(1e-11));
  CHECK(s.r_squared == Approx(1 - 195.04775474146604 / 1126.0471874999998));

  p.weight = mtcars::gear;
  check(summarise(p), {{37.786299526673858, -4.0892005707162866, -0.030554933411243424},
                       {1.5613647621998832, 0.61874089980630953, 0.0082445266659862231},
                       {24.200814852152096, -6.6089062028974794, -3.7060870379983659},
                       {8.8341775255830373e-21, 3.0419350766862842e-07, 0.00088301046419810611},
                       704.83145177757308,
                       4255.4946610169482,
                       -74.300644684720297,
                       156.60128936944059});
}

TEST_CASE("logistic and Poisson summaries are R's, with and without intercept") {
  check(summarise({kernels::family<kernels::Binomial>,
                   {"(intercept)", "qsec", "hp"},
                   {ones(32), mtcars::qsec, mtcars::hp},
                   mtcars::am}),
        {{38.772774183200454, -1.8428939387628434, -0.044678961747971938},
         {14.682952191603071, 0.70265169043230713, 0.016845142606938354},
         {2.6406661056469241, -2.6227702343233545, -2.6523350256215164},
         {0.008274322064847673, 0.0087218069548605295, 0.0079937181099013817},
         26.756956158418774,
         43.229733276857807,
         -13.378478079209387,
         32.756956158418774});
  check(summarise({kernels::family<kernels::Poisson>, wt_qsec, wt_qsec_columns, mtcars::carb}),
        {{4.1268541181491933, 0.19950766331170944, -0.21464663887382091},
         {1.2132059825464607, 0.10946706498907409, 0.065388806306243302},
         {3.4016104252034149, 1.8225359685273586, -3.2826205431636164},
         {0.00066990058510512241, 0.068373701275152035, 0.0010284700342115438},
         10.852164563242175,
         27.043357450132145,
         -50.108907110324978,
         106.21781422064996});
  check(summarise({kernels::family<kernels::Poisson>, wt_qsec, wt_qsec_columns, mtcars::carb,
                   mtcars::gear}),
        {{4.1866457036625562, 0.20665844125947569, -0.21771522787714923},
         {0.5912815868930642, 0.057125006835602198, 0.031969291073403329},
         {7.0806292576462875, 3.6176528057880124, -6.8101362453506571},
         {1.435013431890292e-12, 0.00029728681956600405, 9.7506357077934054e-12},
         42.209820965300295,
         109.93484150748108,
         -187.00099577138923,
         380.00199154277846});
  check(summarise({kernels::family<kernels::Poisson>,
                   {"wt", "qsec"},
                   {mtcars::wt, mtcars::qsec},
                   mtcars::carb,
                   {},
                   {}}),
        {{0.33964812723897142, -0.0081977879247092118},
         {0.095057472645289062, 0.019765827379107037},
         {3.5730818186843933, -0.41474549825192109},
         {0.00035280446604170801, 0.67832822145148652},
         22.191941450784835,
         97.176635605629059,
         -55.778795554096305,
         115.55759110819261});
}

// glm_test.cpp has the R; null: sum(table(gear) * log(table(gear) / 32)).
TEST_CASE("multinomial coefficients are named and brought to raw units class by class") {
  Column y;
  for (const double g : mtcars::gear)
    y.push_back(g - 3);
  const ModelSummary s = summarise({kernels::multinomial,
                                    {"(intercept)", "qsec", "hp"},
                                    {ones(32), mtcars::qsec, mtcars::hp},
                                    y,
                                    {},
                                    0,
                                    {"three", "four", "five"}});
  const Column estimate{15.21444968989873, -0.36608726372303402, -0.07091559430656634,
                        93.75399941007133, -5.1652231359489225,  -0.055328829197200523};
  const Column error{9.9587293882739516, 0.41368184643406319, 0.029871761643153392,
                     46.798054639640043, 2.606234009039158,   0.027391294766127141};
  for (std::size_t j = 0; j < 6; ++j) {
    CHECK(s.coefficients[j].estimate == Approx(estimate[j]).epsilon(1e-9));
    CHECK(s.coefficients[j].standard_error == Approx(error[j]).epsilon(1e-9));
  }
  CHECK(s.coefficients[1].name == "four:qsec");
  CHECK(s.coefficients[3].name == "five:(intercept)");
  CHECK(s.null_log_likelihood ==
        Approx(15 * std::log(15 / 32.) + 12 * std::log(12 / 32.) + 5 * std::log(5 / 32.)));
  CHECK(s.log_likelihood == Approx(-13.084859120751856).epsilon(1e-12));
}

TEST_CASE("the levels without a coefficient are named, unless they are many") {
  ModelSummary s =
      summarise({kernels::family<kernels::Poisson>, wt_qsec, wt_qsec_columns, mtcars::carb});
  CHECK_THAT(to_text(s), !Catch::Contains("reference levels"));
  s.references = {{"sex", {"male"}}, {"ward", {"a", "b"}}, {"job", {"1", "2", "3", "4"}}};
  CHECK_THAT(to_text(s), Catch::Contains("\n\nreference levels: sex male, ward a or b, job (the 4 "
                                         "other levels)\nrows 32"));
}

TEST_CASE("a survival summary is brought to raw units without an intercept") {
  ColumnMoments moments{{10, 20}, {0.5, 0.25}, 7};
  const ModelSummary s =
      summarise_cox({{"age", "dose"}, {}, {}, {0.4, -2}, {0.04, 0.01, 0.09}, moments, -90}, 137,
                    128, -100, false);
  CHECK(s.coefficients[0].estimate == 0.2);
  CHECK(s.coefficients[1].estimate == -0.5);
  CHECK(s.coefficients[0].standard_error == Approx(0.1));
  CHECK(s.coefficients[1].standard_error == Approx(0.075));
  CHECK(s.covariance[1] == Approx(0.00125));
  CHECK(s.r_squared == Approx(0.1));
  const std::string text = to_text(s);
  CHECK_THAT(text, Catch::Contains("rows 137, events 128") && Catch::Contains("exp(estimate)") &&
                       Catch::Contains("1.2214"));
}

TEST_CASE("the table for people is aligned") {
  const std::string text = to_text(
      summarise({kernels::family<kernels::Poisson>, wt_qsec, wt_qsec_columns, mtcars::carb}));
  CHECK(text == R"(Poisson regression (log link)

              estimate  std. error  z value  P(>|z|)  lower 95 %  upper 95 %
(intercept)    4.12685      1.2132    3.402  0.00067     1.74901     6.50469
wt            0.199508     0.10947    1.823   0.0684  -0.0150438    0.414059
qsec         -0.214647    0.065389   -3.283  0.00103   -0.342806  -0.0864869

rows 32
null deviance 27.0434, residual deviance 10.8522
log-likelihood -50.108907 (null -58.204504), McFadden R-squared 0.1391, AIC 106.218
)");
}

TEST_CASE("responses that a family cannot have are named") {
  LocalSums sums(1);
  const auto totals = [&](Column y, Family family) {
    response_totals(std::vector{make_rows({y}, {y})}, family, 3, true, false, sums);
  };
  CHECK_THROWS_WITH(
      totals({0, 1, 2}, kernels::family<kernels::Binomial>),
      Catch::Contains(
          "local domain 0, block 0, row 2 (from 0): the target: a logistic model needs"));
  CHECK_THROWS_WITH(totals({0, -1}, kernels::family<kernels::Poisson>),
                    Catch::Contains("row 1") && Catch::Contains("negative"));
  CHECK_THROWS_WITH(totals({0, 1.5}, kernels::multinomial), Catch::Contains("number of a class"));
  CHECK_THROWS_WITH(totals({0, 3}, kernels::multinomial), Catch::Contains("number of a class"));
  CHECK_THROWS_WITH(totals({0, NAN}, kernels::family<kernels::Gaussian>),
                    Catch::Contains("finite"));
}

TEST_CASE("what a penalised model of more parameters than rows does not know is a dash") {
  const FittedModel fitted{.columns = {"(intercept)", "a", "b"},
                           .intercept = 0,
                           .classes = {},
                           .theta = {1, 2, 3},
                           .covariance = {1, 0, 1, 0, 0, 1},
                           .standardised = {},
                           .log_likelihood = -0.5,
                           .penalised = true};
  ResponseTotals response;
  response.rows = response.whole = response.weight = 3;
  response.null_log_likelihood = -4;
  const ModelSummary summary = summarise_glm(fitted, kernels::family<kernels::Gaussian>, response);
  for (const Coefficient& c : summary.coefficients)
    CHECK((std::isnan(c.standard_error) && std::isnan(c.p_value) && std::isnan(c.upper)));
  CHECK(summary.r_squared == Approx(1 - 0.5 / 4));
  const std::string text = to_text(summary);
  CHECK_THAT(text, Catch::Contains("dispersion -") && Catch::Contains("AIC -"));
  CHECK_THAT(text, !Catch::Contains("nan"));
  // Fractions of what is counted have no likelihood.
  response.whole = 2;
  CHECK_THAT(
      to_text(summarise_glm(fitted, kernels::family<kernels::Poisson>, response)),
      Catch::Contains("log-likelihood - (null -), McFadden R-squared -, AIC -\nNo likelihood"));
}

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/cox.hpp"

#include <cmath>
#include <random>

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

namespace {

/// `veteran`, as R's coxph(Surv(time, status) ~ karno + age + prior) sees it.
struct Veteran {
  std::vector<Column> x{veteran::karno, veteran::age, veteran::prior};
  Column time = veteran::time;
  Column weight = ones(veteran::time.size());

  Veteran& by_week() {
    for (double& t : time)
      t = 7 * std::ceil(t / 7);
    return *this;
  }
  Veteran& weighted() {
    for (std::size_t i = 0; i < weight.size(); ++i) {
      weight[i] = 1 + 0.5 * static_cast<double>((i + 1) % 3);
    }
    return *this;
  }
  kernels::RowBlocks all() const { return make_rows(x, {time, veteran::status}, weight); }
  kernels::RowBlocks of_celltype(double celltype) const {
    std::vector<Column> sx(3), sy(2);
    Column w;
    for (std::size_t i = 0; i < time.size(); ++i) {
      if (veteran::celltype[i] != celltype) continue;
      for (std::size_t j = 0; j < 3; ++j)
        sx[j].push_back(x[j][i]);
      sy[0].push_back(time[i]);
      sy[1].push_back(veteran::status[i]);
      w.push_back(weight[i]);
    }
    return make_rows(sx, sy, w);
  }
  /// One domain with a stratum for each cell type.
  SurvivalRows stratified() const {
    std::vector<kernels::RowBlocks> parts;
    SurvivalRows out{{}, {}, 4};
    for (std::size_t c = 0; c < 4; ++c)
      parts.push_back(of_celltype(static_cast<double>(c)));
    out.rows = concatenate(parts);
    for (std::size_t c = 0; c < 4; ++c)
      out.stratum.insert(out.stratum.end(), parts[c].blocks() * out.rows.block_rows(), c);
    return out;
  }
  /// Cell types are strata, whose rows lie among each other in blocks of any domain; a fifth has
  /// none.
  std::vector<SurvivalRows> mixed(std::size_t domains) const {
    std::vector<SurvivalRows> out(domains);
    for (std::size_t d = 0; d < domains; ++d) {
      Column weights = weight;
      for (std::size_t i = 0; i < weights.size(); ++i)
        if (i % domains != d) weights[i] = 0;
      out[d] = {make_rows(x, {time, veteran::status}, weights), {}, 5};
      out[d].stratum.assign(out[d].rows.blocks() * out[d].rows.block_rows(), 0);
      for (std::size_t i = 0; i < weights.size(); ++i)
        out[d].stratum[i] = static_cast<std::size_t>(veteran::celltype[i]);
    }
    return out;
  }
  /// A domain for each cell type.
  std::vector<SurvivalRows> federated() const {
    std::vector<SurvivalRows> out;
    for (double c = 0; c < 4; ++c)
      out.push_back({of_celltype(c)});
    return out;
  }
};

SurvivalRows one_stratum(const kernels::RowBlocks& rows) {
  return {rows};
}

CoxOptions options(Ties ties, std::optional<TimeGrid> grid = {}) {
  return {ties, {"karno", "age", "prior"}, {}, grid};
}

struct Expected {
  Column coefficients, errors;
  double null_log_likelihood, log_likelihood;
};

void check_fit(const std::vector<SurvivalRows>& domains, const CoxOptions& o,
               const Expected& expected) {
  LocalSums sums(domains.size());
  const auto objective = make_cox_objective(domains, o, sums);
  const Iterate fitted = newton(*objective, {0, 0, 0}, {1e-22, 50, 30}, [&](const Iterate& at) {
    if (at.iteration == 0) {
      CHECK(at.evaluation.log_likelihood == Approx(expected.null_log_likelihood).epsilon(1e-12));
    }
  });
  const auto covariance = Cholesky(fitted.evaluation.hessian).inverse();
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK(fitted.theta[j] == Approx(expected.coefficients[j]).epsilon(1e-10));
    CHECK(std::sqrt(covariance[j * (j + 3) / 2]) == Approx(expected.errors[j]).epsilon(1e-10));
  }
  CHECK(fitted.evaluation.log_likelihood == Approx(expected.log_likelihood).epsilon(1e-12));
}

template <class F>
Error error_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  return Error(ExitCode::ok, "nothing was thrown");
}

}  // namespace

// R 4.2.2, survival 3.5-3: f <- coxph(Surv(time, status) ~ karno + age + prior, veteran, ties =
// ..., control = coxph.control(eps = 1e-15, iter.max = 100, toler.chol = 1e-12)); coef(f),
// sqrt(diag(f$var)), f$loglik; with strata(celltype); with weights = 1 + (1:137 %% 3) * 0.5,
// robust = FALSE; by week: time = ceiling(time / 7) * 7.
TEST_CASE("Breslow's and Efron's fits agree with R") {
  check_fit({one_stratum(Veteran().all())}, options(Ties::breslow),
            {{-0.033362553639537176, -0.0023802729204071894, -0.0046894598280649022},
             {0.0052250618734624634, 0.0090768908441633805, 0.020182369008655023},
             -505.88395628311599,
             -485.01116203036412});
  check_fit({one_stratum(Veteran().all())}, options(Ties::efron),
            {{-0.033554242122842748, -0.0024477809021850078, -0.0045897365729949983},
             {0.0052306986031353782, 0.0090715898883082149, 0.020189496561124919},
             -505.44905491805798,
             -484.37292958853209});
}

TEST_CASE("stratified fits agree with R, in one domain or in one for each stratum") {
  const Expected breslow{{-0.036963153210884732, -0.0083523365509693033, 0.015796727218198706},
                         {0.005771638886993437, 0.0095234828328589448, 0.021015124967266541},
                         -339.14159842330776,
                         -318.19413233399291};
  const Expected efron{{-0.037246868814580489, -0.0084143196835487228, 0.016326901338466641},
                       {0.0057851306418775479, 0.0095252717794995223, 0.021027696928716914},
                       -338.73620722618404,
                       -317.55023553702813};
  check_fit({Veteran().stratified()}, options(Ties::breslow), breslow);
  check_fit(Veteran().federated(), options(Ties::breslow), breslow);
  check_fit({Veteran().stratified()}, options(Ties::efron), efron);
  check_fit(Veteran().federated(), options(Ties::efron), efron);
  check_fit(Veteran().mixed(1), options(Ties::efron), efron);
  // Strata that span domains.
  const TimeGrid days{1, 999};
  check_fit(Veteran().mixed(1), options(Ties::breslow, days), breslow);
  check_fit(Veteran().mixed(3), options(Ties::breslow, days), breslow);
  check_fit(Veteran().mixed(3), options(Ties::efron, days), efron);
}

TEST_CASE("on a grid, strata have the same words in one domain or in several") {
  const Column theta{-0.03, 0.01, 0.02};
  const auto o = options(Ties::efron, TimeGrid{1, 999});
  LocalSums pooled(1), federated(3), without(1);
  const auto one = make_cox_objective(Veteran().mixed(1), o, pooled);
  const auto three = make_cox_objective(Veteran().mixed(3), o, federated);
  CHECK(one->evaluate(theta, Order::hessian).hessian ==
        three->evaluate(theta, Order::hessian).hessian);
  CHECK(pooled.words == federated.words);
  // Each has the baseline hazard that it would have alone.
  const auto baselines = three->baseline(theta);
  REQUIRE(baselines.size() == 5);
  CHECK(baselines[4].time.empty());
  for (std::size_t c = 0; c < 4; ++c) {
    LocalSums alone(1);
    const auto single =
        make_cox_objective({one_stratum(Veteran().of_celltype(double(c)))}, o, alone);
    CHECK(single->baseline(theta).front().time == baselines[c].time);
    CHECK(single->baseline(theta).front().hazard == baselines[c].hazard);
  }
}

TEST_CASE("weighted fits agree with R") {
  check_fit({one_stratum(Veteran().weighted().all())}, options(Ties::breslow),
            {{-0.033210374798414037, -0.0054941182894775219, -0.0043441537069084388},
             {0.0041987434760128537, 0.0073772379142846766, 0.016416568828354145},
             -838.8436530895724,
             -807.3988643568008});
  check_fit({one_stratum(Veteran().weighted().all())}, options(Ties::efron),
            {{-0.033377933078184825, -0.0055486190192153085, -0.0042916342885264917},
             {0.0042027432798712964, 0.0073725217879075803, 0.016422058483381102},
             -838.18779650593899,
             -806.46807197169642});
  check_fit(Veteran().by_week().weighted().federated(), options(Ties::efron),
            {{-0.03687488739335551, -0.0091573612212730495, 0.011930374173840875},
             {0.0046533322473355293, 0.0078769018850213431, 0.017066009713138385},
             -588.31679168012045,
             -556.53742294659355});
}

TEST_CASE("unstratified fits over domains on a time grid agree with R") {
  const TimeGrid weeks{7, 1001};
  check_fit(Veteran().by_week().federated(), options(Ties::breslow, weeks),
            {{-0.032095194802880145, -0.0014057891257612117, -0.0065529079342641844},
             {0.0051846340649431433, 0.0090800047298342304, 0.020128153954761883},
             -509.00238374283077,
             -489.37440362579662});
  check_fit(Veteran().by_week().federated(), options(Ties::efron, weeks),
            {{-0.033695006851276084, -0.0020397821588208783, -0.0049689036985701178},
             {0.0052255205291628316, 0.00908152344101343, 0.020159762980309592},
             -505.57162903280761,
             -484.31218666034766});
}

TEST_CASE("gradients and Hessians are those of the partial likelihood") {
  const Veteran weeks = Veteran().by_week().weighted();
  for (const Ties ties : {Ties::breslow, Ties::efron}) {
    for (const bool grid : {false, true}) {
      LocalSums sums(4);
      CoxOptions o = options(ties);
      o.penalty = {1, 2, 3};
      if (grid) o.grid = {{7, 1001}};
      const auto objective = make_cox_objective(weeks.federated(), o, sums);
      const Column theta{-0.02, 0.01, 0.03}, direction{0.02, 0.03, 0.05};
      const TaylorOrders orders = taylor_orders(*objective, theta, direction, 0.2);
      CHECK(orders.gradient == Approx(2).margin(0.05));
      CHECK(orders.hessian == Approx(3).margin(0.15));
      const auto product = objective->hessian_times(theta, direction);
      CHECK(product ==
            symmetric_times(objective->evaluate(theta, Order::hessian).hessian, direction));
    }
  }
}

TEST_CASE("strata in one domain or in several give the same words") {
  const Column theta{-0.03, 0.01, 0.02};
  LocalSums pooled(1), federated(4);
  const auto one = make_cox_objective({Veteran().stratified()}, options(Ties::efron), pooled)
                       ->evaluate(theta, Order::hessian);
  const auto four = make_cox_objective(Veteran().federated(), options(Ties::efron), federated)
                        ->evaluate(theta, Order::hessian);
  CHECK(pooled.words == federated.words);
  CHECK(one.hessian == four.hessian);
}

TEST_CASE("on a grid, domains and pooled rows give the same words") {
  const Column theta{-0.03, 0.01, 0.02};
  const Veteran weeks = Veteran().by_week();
  for (const Ties ties : {Ties::breslow, Ties::efron}) {
    LocalSums pooled(1), federated(4);
    const auto o = options(ties, TimeGrid{7, 1001});
    const auto one = make_cox_objective({one_stratum(weeks.all())}, o, pooled);
    const auto four = make_cox_objective(weeks.federated(), o, federated);
    CHECK(one->evaluate(theta, Order::hessian).gradient ==
          four->evaluate(theta, Order::hessian).gradient);
    CHECK(pooled.words == federated.words);
  }
  // Without a grid, a pooled stratum has the same likelihood: the grid only names its times.
  LocalSums sums(1);
  const auto rows = one_stratum(weeks.all());
  const auto gridless = make_cox_objective({rows}, options(Ties::efron), sums);
  const auto grid = make_cox_objective({rows}, options(Ties::efron, {{7, 1001}}), sums);
  CHECK(gridless->evaluate(theta, Order::gradient).gradient ==
        grid->evaluate(theta, Order::gradient).gradient);
}

TEST_CASE("a domain without events and rows without weight change nothing") {
  auto domains = Veteran().federated();
  const Column theta{-0.03, 0.01, 0.02};
  LocalSums four(4), five(5);
  make_cox_objective(domains, options(Ties::efron), four)->evaluate(theta, Order::hessian);
  domains.push_back(one_stratum(
      make_rows({{1, 2, 3}, {1, 2, 3}, {1, 2, 3}}, {{4, NAN, 6}, {0, 1, 0}}, {1, 0, 1})));
  make_cox_objective(domains, options(Ties::efron), five)->evaluate(theta, Order::hessian);
  CHECK(four.words == five.words);
}

TEST_CASE("the value of many event times is sharp enough to decide the last steps") {
  std::mt19937 random(5);
  Column x(40000), time(x.size()), status(x.size(), 1.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>(random() % 1000) / 250 - 2;
    time[i] = static_cast<double>(random() % 8000) * (x[i] > 0 ? 0.5 : 1);
  }
  LocalSums sums(1);
  CoxOptions o{Ties::efron, {"x"}, {}, {}};
  const auto rows = make_rows({x}, {time, status}, {}, 1024);
  const auto objective = make_cox_objective({one_stratum(rows)}, o, sums);
  const Iterate last = newton(*objective, {0}, {}, {});
  for (int k = 1; k <= 20; ++k) {  // at the optimum, steps of 1e-10 change nothing but rounding
    const double moved = objective->evaluate(Column{last.theta[0] + 1e-10 * k}, Order::value).value;
    CHECK(std::fabs(moved - last.evaluation.value) <= 0x1p-50 * last.evaluation.value);
  }
}

TEST_CASE("events at one time alone do not test proportional hazards") {
  LocalSums sums(1);
  CoxOptions o{Ties::efron, {"dose"}, {}, {}};
  o.transform = TimeTransform::identity;
  const auto rows = make_rows({{5, 4, 3, 2, 1}}, {{2, 2, 3, 3, 3}, {1, 1, 0, 0, 0}});
  const auto objective = make_cox_objective({one_stratum(rows)}, o, sums);
  for (const HazardTest& test : objective->test_hazards(Column{0.1})) {
    CHECK(std::isnan(test.chi_squared));
    CHECK(test.freedom == 1);
  }
}

TEST_CASE("survival data that are none are named") {
  const auto make = [](Column time, Column status, std::optional<TimeGrid> grid) {
    LocalSums sums(1);
    const Column x(time.size(), 1.0);
    make_cox_objective({one_stratum(make_rows({x, x, x}, {time, status}))},
                       options(Ties::efron, grid), sums);
  };
  const TimeGrid days{1, 100};
  const auto expect = [](const Error& error, ExitCode code, const char* text) {
    CHECK(error.code() == code);
    CHECK_THAT(error.what(), Catch::Contains(text));
    for (const char* value : {"nan", "2.5", "101"})
      CHECK_THAT(error.what(), !Catch::Contains(value));
  };
  expect(error_of([&] {
           make({1, 2, NAN}, {1, 0, 1}, {});
         }),
         ExitCode::data,
         "local domain 0, block 0, row 2 (from 0): a survival time must be a finite number");
  expect(error_of([&] {
           make({1, 2, 3}, {1, 2, 1}, {});
         }),
         ExitCode::data, "row 1 (from 0): a status must be 0 or 1");
  expect(error_of([&] {
           make({1, 2.5, 3}, {1, 0, 1}, days);
         }),
         ExitCode::data, "row 1 (from 0): a survival time must be a multiple of time_step");
  expect(error_of([&] {
           make({1, 2, 101}, {1, 0, 1}, days);
         }),
         ExitCode::data, "row 2 (from 0): a survival time must not exceed time_maximum");
  expect(error_of([&] { make({1, 2, 3}, {0, 0, 0}, {}); }), ExitCode::data, "no row has an event");
  expect(error_of([&] {
           make({1, 2, 3}, {1, 0, 1}, TimeGrid{1e-6, 100});
         }),
         ExitCode::config, "model.cox.time_step");
}

TEST_CASE("a monotone partial likelihood is explained") {
  LocalSums sums(1);
  // The one with the larger x always fails first.
  const auto rows = make_rows({{5, 4, 3, 2, 1}}, {{1, 2, 3, 4, 5}, {1, 1, 1, 1, 0}});
  CoxOptions o{Ties::efron, {"dose"}, {}, {}};
  const auto objective = make_cox_objective({one_stratum(rows)}, o, sums);
  const Error error = error_of([&] { newton(*objective, {0}, {}, {}); });
  CHECK(error.code() == ExitCode::not_converged);
  CHECK_THAT(error.what(), Catch::Contains("'dose'") && Catch::Contains("model.l2"));
}

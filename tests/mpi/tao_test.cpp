// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/tao.hpp"

#include <cmath>

#include "lib/core/error.hpp"
#include "lib/kinds/cox/cox.hpp"
#include "lib/kinds/glm/glm.hpp"
#include "lib/model/standardisation.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/r_data.hpp"
#include "tests/support/rows.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using kernels::Family;

namespace {

kernels::RowBlocks standardised(const std::vector<Column>& x, const std::vector<Column>& y,
                                std::optional<std::size_t> intercept) {
  LocalSums sums(1);
  auto rows = make_rows(x, y);
  const ColumnMoments m = domain_moments(
      rows, y[0].size(), 0, {std::vector<std::string>(x.size(), "x"), intercept}, sums);
  kernels::standardise(rows, m.centre, m.scale);
  return rows;
}

struct Logistic {
  LocalSums sums{1};
  std::unique_ptr<Objective> objective = make_glm_objective(
      {standardised({ones(32), mtcars::qsec, mtcars::hp}, {mtcars::am}, 0)},
      {kernels::family<kernels::Binomial>, 2, {"(intercept)", "qsec", "hp"}, {0, 1, 1}}, sums);
};

/// Fails on its third evaluation.
class Failing : public Objective {
 public:
  std::size_t size() const override { return 1; }
  bool is_penalised(std::size_t) const override { return false; }
  std::string parameter_name(std::size_t) const override { return "x"; }
  Evaluation evaluate(std::span<const double> theta, Order) override {
    if (++evaluations == 3) throw Error(ExitCode::integrity, "the third evaluation");
    return {std::pow(theta[0] - 3, 4), {4 * std::pow(theta[0] - 3, 3)}, {}};
  }
  std::vector<double> hessian_times(std::span<const double>, std::span<const double>) override {
    return {1};
  }
  int evaluations = 0;
};

Iterate solve(Objective& objective, const std::vector<double>& start, const TaoOptions& options,
              const Observer& observer = {}) {
  test_session().at_close(start_petsc());
  return tao(objective, start, options, observer);
}

/// Counts the evaluations whose sums did not fit.
class Counting : public Objective {
 public:
  explicit Counting(Objective& inner) : inner_(inner) {}
  std::size_t size() const override { return inner_.size(); }
  bool is_penalised(std::size_t) const override { return false; }
  std::string parameter_name(std::size_t i) const override { return inner_.parameter_name(i); }
  Evaluation evaluate(std::span<const double> theta, Order order) override {
    Evaluation e = inner_.evaluate(theta, order);
    saturated += e.saturated != 0;
    return e;
  }
  std::vector<double> hessian_times(std::span<const double> theta,
                                    std::span<const double> v) override {
    return inner_.hessian_times(theta, v);
  }
  int saturated = 0;

 private:
  Objective& inner_;
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

}  // namespace

TEST_CASE("TAO's solvers find Newton's optimum") {
  Logistic problem;
  const Iterate expected = newton(*problem.objective, {0, 0, 0}, {1e-20, 50, 30}, {});
  for (const char* type : {"lmvm", "nls"}) {
    int calls = 0;
    double value = INFINITY;
    const Iterate found =
        solve(*problem.objective, {0, 0, 0}, {type, 1e-9, 500, ""}, [&](const Iterate& at) {
          CHECK(at.iteration == calls++);
          CHECK(at.evaluation.value <= value);
          value = at.evaluation.value;
        });
    CHECK(calls == found.iteration + 1);
    for (std::size_t j = 0; j < 3; ++j)
      CHECK(found.theta[j] == Approx(expected.theta[j]).epsilon(1e-7));
    CHECK(found.evaluation.value == Approx(expected.evaluation.value).epsilon(1e-13));
  }
}

TEST_CASE("TAO fits a Cox model") {
  LocalSums sums(1);
  const auto rows = standardised({veteran::karno, veteran::age, veteran::prior},
                                 {veteran::time, veteran::status}, {});
  const auto objective =
      make_cox_objective({{rows, {}, 1}}, {Ties::efron, {"karno", "age", "prior"}, {}, {}}, sums);
  const Iterate expected = newton(*objective, {0, 0, 0}, {1e-20, 50, 30}, {});
  const Iterate found = solve(*objective, {0, 0, 0}, {"nls", 1e-8, 100, ""}, {});
  for (std::size_t j = 0; j < 3; ++j)
    CHECK(found.theta[j] == Approx(expected.theta[j]).epsilon(1e-6));
}

TEST_CASE("PETSc's options are taken, and must be known") {
  Logistic problem;
  const auto with = [&](const std::string& type, const std::string& options) {
    return solve(*problem.objective, {0, 0, 0}, {type, 1e-8, 500, options}, {});
  };
  CHECK_NOTHROW(with("nls", "-tao_nls_ksp_type cg -tao_nls_pc_type none"));
  CHECK(error_of([&] { with("lmvm", "-tao_max_it 1"); }).code() == ExitCode::not_converged);

  const Error unknown = error_of([&] { with("lmvm", "-tao_nls_ksp_type cg -tao_gttol 1e-3"); });
  CHECK(unknown.code() == ExitCode::config);
  CHECK_THAT(unknown.what(), Catch::Contains("does not know -tao_nls_ksp_type"));
  const Error value = error_of([&] { with("lmvm", "-tao_max_it many"); });
  CHECK(value.code() == ExitCode::config);
  CHECK_THAT(value.what(), Catch::Contains("many"));
  const Error stray = error_of([&] { with("lmvm", "tao_max_it 7"); });
  CHECK(stray.code() == ExitCode::config);
  CHECK_THAT(stray.what(), Catch::Contains("\"tao_max_it\" is neither"));
  CHECK(error_of([&] { with("newtn", ""); }).code() == ExitCode::config);
  CHECK_NOTHROW(with("lmvm", ""));  // nothing of the above is left behind
}

TEST_CASE("an objective's exception comes through PETSc whole") {
  for (const char* type : {"lmvm", "nls"}) {
    Failing failing;
    const Error error = error_of([&] { solve(failing, {0}, {type, 1e-10, 500, ""}, {}); });
    CHECK(error.code() == ExitCode::integrity);
    CHECK(std::string(error.what()) == "the third evaluation");
  }
  Logistic problem;
  const Error from_observer = error_of([&] {
    solve(*problem.objective, {0, 0, 0}, {}, [](const Iterate& at) {
      if (at.iteration == 1) throw Error(ExitCode::stopped, "asked to stop");
    });
  });
  CHECK(from_observer.code() == ExitCode::stopped);
}

TEST_CASE("TAO says why it ends early") {
  Logistic problem;
  const Error exhausted = error_of([&] {
    solve(*problem.objective, {0, 0, 0}, {"lmvm", 1e-10, 2, ""}, {});
  });
  CHECK(exhausted.code() == ExitCode::not_converged);
  CHECK_THAT(exhausted.what(), Catch::Contains("after 2 iterations (DIVERGED_MAXITS)"));
}

TEST_CASE("a line search comes back from where the sums do not fit") {
  LocalSums sums(1);
  const auto rows = make_rows({ones(32), mtcars::hp}, {mtcars::carb});  // not standardised
  const auto objective = make_glm_objective(
      {rows}, {kernels::family<kernels::Poisson>, 2, {"(intercept)", "hp"}, {}}, sums);
  CHECK(objective->evaluate(std::vector<double>{0, 1}, Order::value).saturated > 0);
  const Iterate expected = newton(*objective, {0, 0}, {1e-20, 100, 40}, {});
  Counting counting(*objective);
  const Iterate found = solve(counting, {0, 0}, {"lmvm", 1e-8, 500, "-tao_ls_stepinit 1e5"}, {});
  CHECK(counting.saturated > 0);
  for (std::size_t j = 0; j < 2; ++j)
    CHECK(found.theta[j] == Approx(expected.theta[j]).epsilon(1e-4));
  const Error start = error_of([&] { solve(*objective, {0, 9}, {}, {}); });
  CHECK(start.code() == ExitCode::data);
}

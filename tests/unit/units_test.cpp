// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <random>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/optim/newton.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/rows.hpp"

// Units are the user's: the same numbers times 10^k say the same, for every kind of model that has
// a likelihood.

using namespace bailiwick;
using kernels::Response;
using testing::LocalSums;
using testing::make_rows;
using Values = testing::Column;

namespace {

constexpr std::size_t n = 160;

bool has_shape(const Kind& kind) {
  return kind.traits().name == std::string("negative_binomial");
}

struct Table {
  std::vector<Values> x, y;
  Values weight;
};

Table table_of(const Kind& kind) {
  const ModelConfig config;
  const Response response = kind.traits().response(config);
  std::mt19937 bits(14);
  const auto uniform = [&] { return (bits() + 0.5) / 0x1p32; };
  Table table{{Values(n), Values(n)}, {Values(n)}, Values(n)};
  if (response == Response::hazard) table.y.emplace_back(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double a = uniform() + uniform() - 1, b = 0.5 * a + uniform(), noise = uniform();
    table.x[0][i] = a;
    table.x[1][i] = b;
    table.weight[i] = 0.5 + uniform();
    const double mean = 1 + 0.7 * a - 0.4 * b;
    switch (response) {
      case Response::probability:
        table.y[0][i] = noise < 1 / (1 + std::exp(0.5 - mean)) ? 1 : 0;
        break;
      case Response::classes:
        table.y[0][i] = std::floor(3 * (0.6 * noise + 0.2 * (1 + a) * uniform()));
        break;
      case Response::rate:
        table.y[0][i] = !has_shape(kind)
                            ? std::floor(2 * noise + std::exp(mean))
                            : std::floor(3 * std::exp(mean) * noise * noise);  // of a shape
        break;
      case Response::hazard:
        table.y[0][i] = -std::log(noise) * std::exp(-mean);
        table.y[1][i] = uniform() < 0.7 ? 1 : 0;
        break;
      default:
        table.y[0][i] = mean + noise;
    }
    // Greater than 0, where that is the rule.
    const std::array<double, 2> target{table.y[0][i], table.y.back()[i]};
    if (kind.traits().problem(config, target.data(), 3) != nullptr) table.y[0][i] += 0.5;
  }
  return table;
}

void scale(Values& column, double factor) {
  for (double& v : column)
    v *= factor;
}

/// As a run fits and summarises, on one rank.
ModelSummary fit(const Kind& kind, const Table& table, double l2, Standardisation how) {
  LocalSums sums(1);
  ModelConfig config;
  config.kind = &kind.traits();
  config.l2 = l2;
  config.standardise = how;
  ModelColumns columns;
  columns.intercept = kind.traits().intercept;
  columns.names = {"a", "b"};
  columns.features = {{0, {}}, {1, {}}};
  std::vector<Values> x = table.x;
  if (columns.intercept) {
    columns.names.insert(columns.names.begin(), "(intercept)");
    x.insert(x.begin(), testing::ones(n));
  }
  if (kind.traits().response(config) == Response::classes) columns.categories = {"u", "v", "w"};
  ModelRows rows;
  rows.domains.emplace_back().rows = make_rows(x, table.y, table.weight);
  rows.domains[0].partition.assign(rows.domains[0].rows.blocks(), 0);
  rows.domains[0].partitions = 1;
  rows.selected = n;
  ColumnSelection selection;
  selection.names = columns.names;
  if (columns.intercept) selection.intercept = 0;
  selection.powers_only = how == Standardisation::none;
  const ColumnMoments moments =
      pooled_moments(std::vector{rows.domains[0].rows}, n, selection, sums);
  kernels::standardise(rows.domains[0].rows, moments.centre, moments.scale);

  const Likelihood likelihood = kind.likelihood(config, columns, rows, moments, sums);
  Objective* const objective = likelihood.objective.get();
  double at_start = 0;
  const Iterate end = newton(*objective, objective->start(), {}, [&](const Iterate& at) {
    if (at.iteration == 0) at_start = at.evaluation.log_likelihood;
  });
  FittedModel fitted;
  fitted.columns = columns.names;
  if (columns.intercept) fitted.intercept = 0;
  fitted.classes = columns.categories;
  fitted.theta = end.theta;
  fitted.covariance = Cholesky(end.evaluation.hessian).inverse();
  fitted.standardised = moments;
  fitted.log_likelihood = end.evaluation.log_likelihood;
  fitted.penalised = l2 > 0;
  return likelihood.summary(fitted, at_start);
}

/// Estimates of column `j` (of all: the intercepts) are times `estimate`, statistics times
/// `statistic`, to ten digits.
void same(const ModelSummary& a, const ModelSummary& b, const std::vector<double>& estimate,
          double statistic = 1, bool intercepts = true) {
  REQUIRE(a.coefficients.size() == b.coefficients.size());
  for (std::size_t i = 0; i < a.coefficients.size(); ++i) {
    const Coefficient &was = a.coefficients[i], &now = b.coefficients[i];
    const std::size_t j = i % estimate.size();
    if (!intercepts && j == 0) continue;
    INFO(was.name);
    const double factor = was.name.find('|') == std::string::npos ? estimate[j] : 1;  // thresholds
    CHECK(now.estimate == Approx(was.estimate * factor).epsilon(1e-10));
    if (std::isnan(was.statistic)) {  // of a shape, which is not compared with 0
      CHECK(now.standard_error == Approx(was.standard_error / statistic).epsilon(1e-10));
      continue;
    }
    CHECK(now.statistic == Approx(was.statistic * statistic).epsilon(1e-10));
    if (statistic == 1) CHECK(now.p_value == Approx(was.p_value).epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("units change no statistic") {
  for (const Kind* kind : all_kinds()) {
    if (kind->traits().network) continue;
    const ModelConfig config;
    const Response response = kind->traits().response(config);
    const Table table = table_of(*kind);
    const bool intercept = kind->traits().intercept;
    for (const double l2 : {0.0, 0.5})
      for (const Standardisation how : {Standardisation::pooled, Standardisation::none}) {
        const ModelSummary ordinary = fit(*kind, table, l2, how);
        for (const int k : {-30, -14, -9, -3, 3, 9, 14, 30}) {
          INFO(kind->traits().name << ", l2 " << l2 << ", " << to_word(how) << ", 10^" << k);
          const double unit = std::pow(10.0, k);
          std::vector<double> all(intercept ? 3 : 2, 1.0);
          const auto changed = [&](auto&& change) {
            Table other = table;
            change(other);
            return fit(*kind, other, l2, how);
          };
          // A penalty on raw coefficients depends on their units by its definition.
          if (how == Standardisation::pooled || l2 == 0) {
            std::vector<double> column = all;
            column.back() = 1 / unit;
            const auto s = changed([&](Table& t) { scale(t.x[1], unit); });
            same(ordinary, s, column);
            CHECK(s.r_squared == Approx(ordinary.r_squared).epsilon(1e-10));
          }
          const auto weighted = changed([&](Table& t) { scale(t.weight, unit); });
          // Weights are frequencies: ten times the rows, and sqrt(10) times a z; a t has its own
          // variance.
          same(ordinary, weighted, all, ordinary.student ? 1 : std::sqrt(unit));
          // A shape is of counts, which have no unit.
          if (response == Response::mean || response == Response::hazard ||
              (response == Response::rate && !has_shape(*kind))) {
            const auto target = changed([&](Table& t) { scale(t.y[0], unit); });
            if (response == Response::mean) {
              same(ordinary, target, std::vector<double>(all.size(), unit));
              CHECK(target.r_squared == Approx(ordinary.r_squared).epsilon(1e-10));
            } else if (response == Response::hazard) {
              same(ordinary, target, all);
            } else if (l2 == 0 || ordinary.student) {
              // More counts say more, unless they have a dispersion.
              same(ordinary, target, all, ordinary.student ? 1 : std::sqrt(unit), false);
              CHECK(target.coefficients[0].estimate ==
                    Approx(ordinary.coefficients[0].estimate + std::log(unit)).epsilon(1e-10));
            }
          }
        }
      }
  }
}

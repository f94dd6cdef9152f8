// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/wald.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/data/pattern.hpp"
#include "lib/kinds/covariance.hpp"
#include "lib/model/distributions.hpp"
#include "lib/optim/cholesky.hpp"

namespace bailiwick {

namespace {

/// Places among the parameters that are coefficients of columns: neither intercepts, thresholds nor
/// shapes, of which 0 is no question.
std::vector<std::size_t> testable(const FittedFile& fitted) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < fitted.names.size(); ++i) {
    const std::string& column = fitted.model.names[i % fitted.model.names.size()];
    if (column != "(intercept)" &&
        (fitted.names[i] == column || fitted.names[i].ends_with(":" + column)))
      places.push_back(i);
  }
  return places;
}

std::vector<std::size_t> chosen(const FittedFile& fitted, std::span<const std::string> terms) {
  const std::vector<std::size_t> places = testable(fitted);
  std::vector<std::string> known;
  for (const std::size_t place : places)
    known.push_back(fitted.names[place]);
  std::vector<std::size_t> result;
  for (const std::string& term : terms) {
    bool found = false;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (term != known[i] && !matches_pattern(term, known[i])) continue;
      found = true;
      if (std::ranges::find(result, places[i]) == result.end()) result.push_back(places[i]);
    }
    if (found) continue;
    const bool levels = std::ranges::any_of(
        known, [&](const std::string& name) { return name.starts_with(term + "_"); });
    throw Error(
        ExitCode::usage, "{}: \"{}\" stands for no coefficient of a column; there are: {}{}",
        fitted.path, term, join(known),
        levels ? fmt::format("; all that begin so are '{}_*'", term) : did_you_mean(term, known));
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace

WaldTest wald_test(const FittedFile& fitted, std::span<const std::string> terms) {
  const SavedModel& model = fitted.model;
  const std::vector<std::size_t> places = chosen(fitted, terms);
  const auto at = [](std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; };

  // A column's coefficient and its parameter differ by a factor, in which the test says nothing: it
  // is taken of the parameters, as they were fitted.
  const ParameterCovariance covariance = parameter_covariance(model, fitted.path);
  std::vector<double> estimates, of_terms;
  for (const std::size_t i : places) {
    estimates.push_back(model.parameters[i]);
    for (const std::size_t j : places)
      if (j <= i) of_terms.push_back(covariance.packed[at(i, j)]);
  }
  const Cholesky factor(of_terms);
  if (const auto column = factor.deficient())
    throw Error(ExitCode::data,
                "{}: the errors of '{}' follow from those before it: there are too few rows or "
                "clusters to test so many coefficients together",
                fitted.path, fitted.names[places[*column]]);
  const std::vector<double> solved = factor.solve(estimates);
  double statistic = 0;
  for (std::size_t i = 0; i < places.size(); ++i)
    statistic += estimates[i] * solved[i];
  statistic /= covariance.dispersion;
  if (!std::isfinite(statistic))
    throw Error(ExitCode::data, "{}: its covariance is none", fitted.path);
  WaldTest test;
  for (const std::size_t place : places)
    test.terms.push_back(fitted.names[place]);
  const auto count = static_cast<double>(places.size());
  test.chi_squared = {statistic, {count}, chi_squared_p_value(statistic, count)};
  if (covariance.freedom)
    test.f = {statistic / count,
              {count, *covariance.freedom},
              f_p_value(statistic / count, count, *covariance.freedom)};
  return test;
}

}  // namespace bailiwick

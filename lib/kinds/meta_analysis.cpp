// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/meta_analysis.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/error.hpp"
#include "lib/core/undefined.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/model/distributions.hpp"

namespace bailiwick {

namespace {

struct Estimate {
  double value, error;
};

/// The mean of the estimates, each with weight 1 / (error^2 + variance).
Coefficient weighted_mean(const std::string& name, std::span<const Estimate> estimates,
                          double variance) {
  double weights = 0, sum = 0;
  for (const Estimate& estimate : estimates) {
    const double weight = 1 / (estimate.error * estimate.error + variance);
    weights += weight;
    sum += weight * estimate.value;
  }
  Coefficient mean{name, sum / weights, 1 / std::sqrt(weights)};
  mean.statistic = mean.estimate / mean.standard_error;
  mean.p_value = normal_p_value(mean.statistic);
  mean.lower = std::fma(-normal_quantile_95, mean.standard_error, mean.estimate);
  mean.upper = std::fma(normal_quantile_95, mean.standard_error, mean.estimate);
  return mean;
}

void pool(std::span<const Estimate> estimates, PooledCoefficient& pooled) {
  pooled.fixed = weighted_mean(pooled.name, estimates, 0);
  double weights = 0, squares = 0;
  for (const Estimate& estimate : estimates) {
    const double weight = 1 / (estimate.error * estimate.error);
    const double z = (estimate.value - pooled.fixed.estimate) / estimate.error;
    weights += weight;
    squares += weight * weight;
    pooled.q += z * z;
  }
  pooled.freedom = static_cast<double>(estimates.size()) - 1;
  if (pooled.freedom > 0) {
    const double beyond = std::max(0.0, pooled.q - pooled.freedom);
    pooled.p_value = chi_squared_p_value(pooled.q, pooled.freedom);
    pooled.i_squared = beyond > 0 ? beyond / pooled.q : 0;
    pooled.tau_squared = beyond / (weights - squares / weights);
  } else {
    pooled.q = pooled.p_value = pooled.i_squared = pooled.tau_squared = undefined;
  }
  pooled.random =
      weighted_mean(pooled.name, estimates, pooled.freedom > 0 ? pooled.tau_squared : 0);
}

void check_alike(const FittedFile& one, const FittedFile& other) {
  check_same_target(one, other);
  const auto differ = [&](const char* what) {
    throw Error(ExitCode::data, "{} and {} differ in {}", one.path, other.path, what);
  };
  const ModelConfig &a = one.model.config, &b = other.model.config;
  if (a.intercept != b.intercept) differ("their intercept");
  if (a.ties != b.ties) differ("model.cox.ties");
  if (a.weights != b.weights) differ("model.weights");
  if (has_robust_errors(a) != has_robust_errors(b) || a.cluster != b.cluster)
    differ("their standard errors: from the model, robust or clustered");
  if (one.model.coefficients == other.model.coefficients &&
      one.model.standard_errors == other.model.standard_errors)
    throw Error(ExitCode::data, "{} and {} are the same model, of the same rows", one.path,
                other.path);
}

}  // namespace

bool has_errors(const FittedFile& fitted) {
  const std::vector<double>& errors = fitted.model.standard_errors;
  return !errors.empty() &&
         std::ranges::all_of(errors, [](double e) { return std::isfinite(e) && e > 0; }) &&
         std::ranges::all_of(fitted.model.coefficients, [](double b) { return std::isfinite(b); });
}

std::vector<PooledCoefficient> pool_models(std::span<const FittedFile> models) {
  for (std::size_t i = 0; i < models.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      check_alike(models[j], models[i]);
  std::vector<PooledCoefficient> result;
  for (const FittedFile& fitted : models)
    for (const std::string& name : fitted.names)
      if (std::ranges::find(result, name, &PooledCoefficient::name) == result.end())
        result.push_back({.name = name, .models = {}, .fixed = {}, .random = {}});
  for (PooledCoefficient& pooled : result) {
    std::vector<Estimate> estimates;
    for (std::size_t i = 0; i < models.size(); ++i) {
      const auto found = std::ranges::find(models[i].names, pooled.name);
      if (found == models[i].names.end()) continue;
      const auto j = static_cast<std::size_t>(found - models[i].names.begin());
      pooled.models.push_back(i);
      estimates.push_back({models[i].model.coefficients[j], models[i].model.standard_errors[j]});
    }
    pool(estimates, pooled);
  }
  return result;
}

}  // namespace bailiwick

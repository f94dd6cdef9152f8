// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/likelihood.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

std::shared_ptr<const AggregateLayout> likelihood_layout(const std::vector<std::string>& names,
                                                         Order order,
                                                         const LikelihoodFormats& formats) {
  const std::size_t parameters = names.size();
  const auto shared = std::make_shared<const std::vector<std::string>>(names);
  std::vector<Stream> streams{{"log_likelihood", 1, formats.value}};
  if (order >= Order::gradient) streams.push_back({"score", parameters, formats.score, shared});
  if (order >= Order::hessian) {
    streams.push_back(
        {"information", parameters * (parameters + 1) / 2, formats.information, shared});
  }
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

std::string likelihood_round(Order order) {
  return order == Order::value      ? "log-likelihood"
         : order == Order::gradient ? "log-likelihood and score"
                                    : "log-likelihood, score and information";
}

Evaluation sum_likelihood(Sums& sums, std::vector<Aggregate> parts, std::span<const double> theta,
                          std::span<const double> penalty, Order order) {
  for (Aggregate& part : parts)
    part.normalise();
  return decode_likelihood(sums.across_domains(likelihood_round(order), std::move(parts), theta),
                           theta, penalty, order);
}

Evaluation decode_likelihood(Aggregate total, std::span<const double> theta,
                             std::span<const double> penalty, Order order) {
  total.normalise();
  Evaluation result;
  result.saturated = total.saturated();
  result.log_likelihood = total.values("log_likelihood").front();
  double penalty_value = 0;
  for (std::size_t j = 0; j < theta.size(); ++j) {
    penalty_value = std::fma(penalty[j] / 2, theta[j] * theta[j], penalty_value);
  }
  result.value = penalty_value - result.log_likelihood;
  if (order >= Order::gradient) {
    result.gradient = total.values("score");
    for (std::size_t j = 0; j < theta.size(); ++j) {
      result.gradient[j] = std::fma(penalty[j], theta[j], -result.gradient[j]);
    }
  }
  if (order >= Order::hessian) {
    result.hessian = total.values("information");
    for (std::size_t j = 0; j < theta.size(); ++j)
      result.hessian[j * (j + 3) / 2] += penalty[j];
  }
  return result;
}

std::shared_ptr<const AggregateLayout> products_layout(const std::vector<std::string>& names,
                                                       FixedPoint format, bool clusters) {
  const std::size_t size = names.size() * (names.size() + 1) / 2;
  std::vector<Stream> streams{
      {"products", size, format, std::make_shared<const std::vector<std::string>>(names)}};
  if (clusters) streams.push_back({"clusters", 1, counts});
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

ScoreProducts sum_products(Sums& sums, std::vector<Aggregate> parts, std::span<const double> theta,
                           bool few) {
  for (Aggregate& part : parts)
    part.normalise();
  Aggregate total = sums.across_domains("products of scores", std::move(parts), theta);
  total.normalise();
  if (total.saturated() != 0)
    throw Error(
        ExitCode::data,
        "{} products of scores are not finite or too large to sum: look for rows far from the "
        "others, in a feature, the target or the weights",
        total.saturated());
  std::vector<double> products = total.values("products");
  if (!total.layout().has("clusters")) return {std::move(products)};
  const auto count = static_cast<double>(total.words("clusters").front());
  if (count < 2)
    throw Error(ExitCode::data, "model.cluster: all rows are of one: errors need two or more");
  for (double& product : products)
    if (few) product *= count / (count - 1);
  return {std::move(products), count};
}

std::vector<double> sandwich(std::span<const double> bread, std::span<const double> filling) {
  std::size_t d = 0;
  while (d * (d + 1) / 2 < bread.size())
    ++d;
  const auto at = [](std::span<const double> packed, std::size_t i, std::size_t j) {
    return i >= j ? packed[i * (i + 1) / 2 + j] : packed[j * (j + 1) / 2 + i];
  };
  std::vector<double> half(d * d, 0.0), result;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      for (std::size_t k = 0; k < d; ++k)
        half[i * d + j] = std::fma(at(bread, i, k), at(filling, k, j), half[i * d + j]);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < d; ++k)
        sum = std::fma(half[i * d + k], at(bread, k, j), sum);
      result.push_back(sum);
    }
  return result;
}

std::vector<double> checked_penalty(std::vector<double> penalty, std::size_t parameters) {
  if (penalty.empty()) penalty.assign(parameters, 0.0);
  ensure(penalty.size() == parameters, "the penalty has one value a parameter");
  for (const double lambda : penalty)
    ensure(lambda >= 0, "penalties are not negative");
  return penalty;
}

std::vector<double> symmetric_times(std::span<const double> packed, std::span<const double> v) {
  std::vector<double> product(v.size(), 0.0);
  for (std::size_t i = 0, at = 0; i < v.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j, ++at) {
      product[i] = std::fma(packed[at], v[j], product[i]);
      if (j < i) product[j] = std::fma(packed[at], v[i], product[j]);
    }
  }
  return product;
}

}  // namespace bailiwick

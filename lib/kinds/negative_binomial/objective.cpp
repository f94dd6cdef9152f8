// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/negative_binomial/objective.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kokkos_kernels/math/digamma.hpp"
#include "kokkos_kernels/math/log_gamma.hpp"
#include "lib/core/error.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/model/magnitude.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

/// Beyond this many times the mean, theta says nothing that a Poisson model does not.
constexpr double most = 0x1p24;

class NegativeBinomial : public Objective {
 public:
  NegativeBinomial(std::vector<kernels::RowBlocks> domains, GlmOptions options,
                   const ResponseTotals& totals, Sums& sums)
      : domains_(std::move(domains)), options_(std::move(options)), sums_(sums) {
    penalty_ = checked_penalty(options_.penalty, columns());
    penalty_.push_back(0);
    names_ = options_.names;
    names_.emplace_back("log(theta)");
    const int weight = excess_power(options_.mean_weight);
    format_ = shifted(wide, weight);
    products_ = shifted(wide, 2 * weight);
    // By moments, of the target alone: its variance is the mean + mean^2 / theta or more.
    const double mean = totals.mean, square = totals.squares / totals.weight;
    const double excess = std::max(square - mean * mean - mean, mean / 16);
    start_ = exact::log(mean * mean / excess);
    limit_ = exact::log(most * std::max(mean, 1.0));
  }

  std::size_t size() const override { return columns() + 1; }
  std::vector<double> start() const override {
    std::vector<double> theta = Objective::start();
    if (options_.intercept) theta.front() = options_.start;
    theta.back() = start_;
    return theta;
  }
  double unit() const override { return options_.mean_weight; }
  bool scoring() const override { return true; }
  bool is_penalised(std::size_t i) const override { return penalty_.at(i) > 0; }
  std::string parameter_name(std::size_t i) const override { return names_.at(i); }
  double in_units(std::size_t i, double value) const override {
    return options_.scale.empty() || i == columns() ? value : value * options_.scale[i];
  }

  Evaluation evaluate(std::span<const double> theta, Order order) override {
    ensure(theta.size() == size(), "theta has one value a parameter");
    if (theta.back() > limit_) {
      if (order == Order::hessian)
        throw Error(ExitCode::not_converged,
                    "the counts vary no more than those of a Poisson model: theta grows without "
                    "bound; use model.kind: poisson");
      Evaluation nothing;
      nothing.saturated = 1;
      return nothing;
    }
    const auto layout = shape_layout(likelihood_layout(options_.names, order, formats()));
    std::vector<Aggregate> parts;
    for (const kernels::RowBlocks& rows : domains_) {
      Aggregate& part = parts.emplace_back(layout);
      kernels::glm_sums(rows, at(theta), order, formats(), kernel_words(part));
      add_shape(rows, theta, part);
      part.normalise();
    }
    Aggregate total = sums_.across_domains(likelihood_round(order), std::move(parts), theta);
    total.normalise();
    Evaluation result;
    result.saturated = total.saturated();
    result.log_likelihood = total.value("log_likelihood") + total.value("shape_log_likelihood");
    double penalty = 0;
    for (std::size_t j = 0; j < columns(); ++j)
      penalty = std::fma(penalty_[j] / 2, theta[j] * theta[j], penalty);
    result.value = penalty - result.log_likelihood;
    if (order >= Order::gradient) {
      result.gradient = total.values("score");
      result.gradient.push_back(total.value("shape_score"));
      for (std::size_t j = 0; j < size(); ++j)
        result.gradient[j] = std::fma(penalty_[j], theta[j], -result.gradient[j]);
    }
    if (order >= Order::hessian) {
      result.hessian = total.values("information");
      for (std::size_t j = 0; j < columns(); ++j)
        result.hessian[j * (j + 3) / 2] += penalty_[j];
      result.hessian.resize(size() * (size() + 1) / 2, 0.0);
      result.hessian.back() = shape_information(total);
    }
    return result;
  }

  ScoreProducts score_products(std::span<const double> theta, const Clusters* clusters) override {
    if (clusters) return cluster_products(theta, *clusters);
    const auto layout = shape_layout(products_layout(options_.names, products_, false));
    std::vector<Aggregate> parts;
    for (const kernels::RowBlocks& rows : domains_) {
      Aggregate& part = parts.emplace_back(layout);
      kernels::glm_score_products(rows, at(theta), products_, kernel_words(part));
      add_shape(rows, theta, part);
      part.normalise();
    }
    Aggregate total = sums_.across_domains("products of scores", std::move(parts), theta);
    total.normalise();
    if (total.saturated() != 0)
      throw Error(
          ExitCode::data,
          "{} products of scores are not finite or too large to sum: look for rows far from the "
          "others, in a feature, the target or the weights",
          total.saturated());
    std::vector<double> products = total.values("products");
    products.resize(size() * (size() + 1) / 2, 0.0);
    products.back() = total.value("shape_products");
    return {std::move(products)};
  }

  std::vector<double> hessian_times(std::span<const double> theta,
                                    std::span<const double> v) override {
    return symmetric_times(evaluate(theta, Order::hessian).hessian, v);
  }

 private:
  ScoreProducts cluster_products(std::span<const double> theta, const Clusters& clusters) {
    const double log_theta = theta.back(), shape = exact::exp(log_theta);
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < domains_.size(); ++d)
      cluster_scores(domains_[d], at(theta), clusters.of_row[d],
                     [&](double y, double eta) {
                       return score_by_theta(y, eta - log_theta, shape, rising_factorial(shape, y));
                     })
          .add_products(sums_, d, clusters.count[d], format_,
                        parts.emplace_back(products_layout(names_, products_, true)));
    return sum_products(sums_, std::move(parts), theta, true);
  }

  std::size_t columns() const { return options_.names.size(); }
  LikelihoodFormats formats() const { return format_; }
  kernels::GlmPoint at(std::span<const double> theta) const {
    return {.family = kernels::negative_binomial,
            .classes = 0,
            .theta = theta.first(columns()),
            .shape = theta.back()};
  }
  /// The sums of the kernels, then those over theta.
  std::shared_ptr<const AggregateLayout> shape_layout(
      const std::shared_ptr<const AggregateLayout>& of_kernels) const {
    std::vector<Stream> streams(of_kernels->streams().begin(), of_kernels->streams().end());
    for (const char* name : {"shape_log_likelihood", "shape_score", "shape_information"})
      streams.push_back({name, 1, format_});
    streams.push_back({"shape_products", 1, products_});
    return std::make_shared<const AggregateLayout>(std::move(streams));
  }
  std::span<std::int64_t> kernel_words(Aggregate& part) const {
    return part.words().first(part.words().size() - 4 * static_cast<std::size_t>(format_.limbs));
  }

  /// By log theta: score theta l'(theta), information -theta^2 l''(theta).
  void add_shape(const kernels::RowBlocks& rows, std::span<const double> at,
                 Aggregate& part) const {
    const RowSum value(part, "shape_log_likelihood"), score(part, "shape_score"),
        information(part, "shape_information"), products(part, "shape_products");
    const double log_theta = at.back(), theta = exact::exp(log_theta);
    const auto predictor = host_copy(kernels::linear_predictor(rows, at.first(columns()), 1));
    for_each_row(rows, part, [&](std::size_t b, std::size_t r, double y, double w) {
      const double eta = predictor(b, 0, r) - log_theta;
      const double q = exact::sigmoid(-eta);  // theta / (mu + theta)
      const RisingFactorial rising = rising_factorial(theta, y);
      const double by_theta = w * score_by_theta(y, eta, theta, rising);
      value.add(w * rising.value);
      score.add(by_theta);
      products.add(by_theta * by_theta);
      information.add(w *
                      std::fma(-theta * theta, rising.second,
                               std::fma(theta, std::fma(2.0, q, -1.0), -(y + theta) * (q * q))));
    });
  }

  /// By log theta, of a row of weight 1; `eta`: its predictor less log theta.
  static double score_by_theta(double y, double eta, double theta, const RisingFactorial& rising) {
    return theta * (rising.first - exact::softplus(eta)) +
           std::fma(-y, exact::sigmoid(-eta), theta * exact::sigmoid(eta));
  }

  /// The observed one where it is positive, as it is near the maximum; else as of White's sandwich.
  static double shape_information(const Aggregate& total) {
    const double observed = total.value("shape_information");
    return observed > 0 ? observed : total.value("shape_products");
  }

  std::vector<kernels::RowBlocks> domains_;
  GlmOptions options_;
  Sums& sums_;
  std::vector<double> penalty_;
  std::vector<std::string> names_;
  FixedPoint format_ = wide, products_ = wide;
  double start_ = 0, limit_ = 0;
};

}  // namespace

RisingFactorial rising_factorial(double theta, double y) {
  constexpr double few = 64;
  if (y == std::floor(y) && y <= few) {  // no digits cancel, however large theta is
    RisingFactorial sum{0, 0, 0};
    for (double k = 0; k < y; ++k) {
      const double term = 1 / (theta + k);
      sum.value += exact::log1p(k / theta);
      sum.first += term;
      sum.second = std::fma(-term, term, sum.second);
    }
    return sum;
  }
  return {std::fma(-y, exact::log(theta), exact::log_gamma(y + theta) - exact::log_gamma(theta)),
          exact::digamma(y + theta) - exact::digamma(theta),
          exact::trigamma(y + theta) - exact::trigamma(theta)};
}

ShapeTotals shape_totals(std::span<const kernels::RowBlocks> domains, double log_theta,
                         Sums& sums) {
  const double theta = exact::exp(log_theta);
  std::vector<Aggregate> parts(
      domains.size(), Aggregate(std::make_shared<const AggregateLayout>(std::vector<Stream>{
                          {"value", 1, any_size}, {"saturated", 1, any_size}})));
  for (std::size_t d = 0; d < domains.size(); ++d) {
    const RowSum value(parts[d], "value"), saturated(parts[d], "saturated");
    for_each_row(domains[d], parts[d], [&](std::size_t, std::size_t, double y, double w) {
      value.add(w * rising_factorial(theta, y).value);
      saturated.add(w * std::fma(-(y + theta), exact::log1p(y / theta), kernels::x_log_x(y)));
    });
  }
  Aggregate total = sums.across_domains("saturated model", std::move(parts), {&log_theta, 1});
  total.normalise();
  return {total.value("value"), total.value("saturated")};
}

std::unique_ptr<Objective> make_negative_binomial(std::vector<kernels::RowBlocks> domains,
                                                  GlmOptions options, const ResponseTotals& totals,
                                                  Sums& sums) {
  return std::make_unique<NegativeBinomial>(std::move(domains), std::move(options), totals, sums);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/glm/glm.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/model/magnitude.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/optim/newton.hpp"

namespace bailiwick {
namespace {

class GlmObjective : public Objective {
 public:
  GlmObjective(std::vector<kernels::RowBlocks> domains, GlmOptions options, Sums& sums)
      : domains_(std::move(domains)), options_(std::move(options)), sums_(sums) {
    ensure(domains_.size() == sums_.local_domains(), "one RowBlocks for each local domain");
    ensure(options_.family != kernels::multinomial || options_.classes >= 2,
           "a multinomial model has two classes or more");
    options_.penalty = checked_penalty(std::move(options_.penalty), size());
    for (const kernels::RowBlocks& rows : domains_) {
      ensure(kernels::glm_parameters(options_.family, rows.columns(), options_.classes) == size(),
             "every domain has the model's columns, each with a name");
    }
    kernels::TargetPowers powers{0, 0, 0};
    if (options_.family == kernels::negative_binomial) {
      scoring_ = true;
    } else if (options_.family != kernels::multinomial) {
      powers = kernels::family_members[options_.family.index].powers;
      scoring_ = !kernels::family_members[options_.family.index].canonical;
    }
    // By the size of the product: two factors that are ordinary each may not be so together, nor
    // their square.
    const int size_of_target = options_.target_size > 0 ? std::ilogb(options_.target_size) : 0;
    const auto grid = [&](int power) {
      return shifted(wide, excess_power(std::ldexp(options_.mean_weight, power * size_of_target)));
    };
    formats_ = {grid(powers.value), grid(powers.score), grid(powers.information)};
    // What falls as the target grows is small beside one in ordinary units too.
    const bool falls = powers.value < 0 && options_.target_size > 0;
    unit_ =
        std::ldexp(options_.mean_weight,
                   powers.value * (falls ? size_of_target : excess_power(options_.target_size)));
  }

  std::size_t size() const override { return options_.names.size(); }
  std::vector<double> start() const override {
    std::vector<double> theta = Objective::start();
    if (options_.intercept) theta.front() = options_.start;
    return theta;
  }
  double unit() const override { return unit_; }
  bool scoring() const override { return scoring_; }
  bool is_penalised(std::size_t i) const override { return options_.penalty.at(i) > 0; }
  std::string parameter_name(std::size_t i) const override { return options_.names.at(i); }
  double in_units(std::size_t i, double value) const override {
    return options_.scale.empty() ? value : value * options_.scale[i % options_.scale.size()];
  }

  Evaluation evaluate(std::span<const double> theta, Order order) override {
    ensure(theta.size() == size(), "theta has one value a parameter");
    const auto layout = likelihood_layout(options_.names, order, formats_);
    std::vector<Aggregate> parts;
    for (const kernels::RowBlocks& rows : domains_) {
      Aggregate& part = parts.emplace_back(layout);
      kernels::glm_sums(rows, at(theta), order, formats_, part.words());
    }
    return sum_likelihood(sums_, std::move(parts), theta, options_.penalty, order);
  }

  ScoreProducts score_products(std::span<const double> theta, const Clusters* clusters) override {
    const FixedPoint format = shifted(wide, 2 * (wide.exponent - formats_.score.exponent));
    const auto layout = products_layout(options_.names, format, clusters != nullptr);
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < domains_.size(); ++d) {
      Aggregate& part = parts.emplace_back(layout);
      if (clusters)
        cluster_scores(domains_[d], at(theta), clusters->of_row[d])
            .add_products(sums_, d, clusters->count[d], formats_.score, part);
      else
        kernels::glm_score_products(domains_[d], at(theta), format, part.words());
    }
    return sum_products(sums_, std::move(parts), theta, true);
  }

  std::vector<double> hessian_times(std::span<const double> theta,
                                    std::span<const double> v) override {
    ensure(theta.size() == size() && v.size() == size(), "one value a parameter");
    const auto layout = std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"product", size(), formats_.score,
                             std::make_shared<const std::vector<std::string>>(options_.names)}});
    std::vector<Aggregate> parts;
    for (const kernels::RowBlocks& rows : domains_) {
      Aggregate& part = parts.emplace_back(layout);
      kernels::glm_hessian_times(rows, at(theta), v, formats_.score, part.words());
      part.normalise();
    }
    std::vector<double> point(theta.begin(), theta.end());
    point.insert(point.end(), v.begin(), v.end());
    Aggregate total = sums_.across_domains("information times vector", std::move(parts), point);
    total.normalise();
    if (total.saturated() != 0) {
      throw Error(ExitCode::not_converged,
                  "{} sums of information times vector are not finite or too large; standardise "
                  "the columns (model.standardise), or use train.method: newton",
                  total.saturated());
    }
    std::vector<double> product = total.values("product");
    for (std::size_t j = 0; j < size(); ++j) {
      product[j] = std::fma(options_.penalty[j], v[j], product[j]);
    }
    return product;
  }

 private:
  kernels::GlmPoint at(std::span<const double> theta) const {
    return {.family = options_.family,
            .classes = options_.classes,
            .theta = theta,
            .shape = options_.shape};
  }

  std::vector<kernels::RowBlocks> domains_;
  GlmOptions options_;
  Sums& sums_;
  LikelihoodFormats formats_ = wide;
  double unit_ = 1;
  bool scoring_ = false;
};

}  // namespace

ClusterScores cluster_scores(const kernels::RowBlocks& rows, const kernels::GlmPoint& at,
                             std::span<const std::uint32_t> cluster, const ShapeScore& of_shape) {
  const std::size_t columns = rows.columns(), parameters = at.theta.size(),
                    outputs = parameters / std::max<std::size_t>(columns, 1);
  const auto eta = host_copy(kernels::linear_predictor(rows, at.theta, outputs));
  const auto x = host_copy(rows.x);
  const auto y = host_copy(rows.y);
  const auto weight = host_copy(rows.weight);
  std::vector<double> of_row(outputs), residual(outputs), score(parameters + (of_shape ? 1 : 0));
  ClusterScores scores(score.size());
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      const double w = weight(b, r);
      if (w == 0) continue;
      for (std::size_t k = 0; k < outputs; ++k)
        of_row[k] = eta(b, k, r);
      kernels::row_residuals(at, y(b, 0, r), of_row, residual);
      for (std::size_t k = 0; k < outputs; ++k)
        for (std::size_t j = 0; j < columns; ++j)
          score[k * columns + j] = w * residual[k] * x(b, j, r);
      if (of_shape) score.back() = w * of_shape(y(b, 0, r), of_row.front());
      scores.add(cluster[b * rows.block_rows() + r], score);
    }
  return scores;
}

std::unique_ptr<Objective> make_glm_objective(std::vector<kernels::RowBlocks> domains,
                                              GlmOptions options, Sums& sums) {
  return std::make_unique<GlmObjective>(std::move(domains), std::move(options), sums);
}

std::vector<kernels::RowBlocks> intercept_alone(std::vector<kernels::RowBlocks> domains) {
  for (kernels::RowBlocks& rows : domains) {
    rows.x = decltype(rows.x)("x", rows.blocks(), 1, rows.block_rows());
    Kokkos::deep_copy(rows.x, 1.0);
    rows.factors = {};
  }
  return domains;
}

GlmOptions of_intercept(GlmOptions options) {
  options.names = {"(intercept)"};
  options.penalty.clear();
  options.scale.clear();
  return options;
}

double null_log_likelihood(std::vector<kernels::RowBlocks> domains, const GlmOptions& options,
                           Sums& sums) {
  const auto objective =
      make_glm_objective(intercept_alone(std::move(domains)), of_intercept(options), sums);
  if (!options.intercept) {
    const double zero = 0;
    return objective->evaluate({&zero, 1}, Order::value).log_likelihood;
  }
  return newton(*objective, objective->start(), {}, {}).evaluation.log_likelihood;
}

}  // namespace bailiwick

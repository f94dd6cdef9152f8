// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/ordinal/objective.hpp"

#include <algorithm>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/model/magnitude.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

/// With F the logistic function, P(y = k) = F(a) - F(b) = F(a) F(-b) (1 - e^(b - a)), a = zeta_k -
/// eta and b = zeta_{k-1} - eta: no digits cancel, and the last factor is the same in all rows.
struct RowTerms {
  double value;               ///< log P
  double of_upper, of_lower;  ///< its derivatives by zeta_k and zeta_{k-1}; 0 where there is none
  double upper, lower;        ///< F(a) F(-a), F(b) F(-b): of the information
  double between;             ///< -second derivative by a of log(1 - e^(b - a))
};

RowTerms terms_of(std::size_t k, double eta, std::span<const double> zeta) {
  RowTerms terms{};
  double ratio = 0;  // 1 / (e^(a - b) - 1)
  if (k > 0 && k < zeta.size()) {
    const double gap = zeta[k] - zeta[k - 1];
    ratio = 1 / exact::expm1(gap);
    terms.value = exact::log(-exact::expm1(-gap));
    terms.between = ratio * (1 + ratio);
  }
  if (k < zeta.size()) {
    const double a = zeta[k] - eta;
    terms.value -= exact::softplus(-a);
    terms.of_upper = exact::sigmoid(-a) + ratio;
    terms.upper = exact::sigmoid(a) * exact::sigmoid(-a);
  }
  if (k > 0) {
    const double b = zeta[k - 1] - eta;
    terms.value -= exact::softplus(b);
    terms.of_lower = -exact::sigmoid(b) - ratio;
    terms.lower = exact::sigmoid(b) * exact::sigmoid(-b);
  }
  return terms;
}

class ProportionalOdds : public Objective {
 public:
  ProportionalOdds(std::vector<kernels::RowBlocks> domains, GlmOptions options,
                   std::vector<double> thresholds, Sums& sums)
      : domains_(std::move(domains)),
        options_(std::move(options)),
        thresholds_(std::move(thresholds)),
        columns_(options_.names.size() - thresholds_.size()),
        sums_(sums) {
    options_.penalty = checked_penalty(std::move(options_.penalty), size());
    const int weight = excess_power(options_.mean_weight);
    format_ = shifted(wide, weight);
    products_ = shifted(wide, 2 * weight);
  }

  std::size_t size() const override { return options_.names.size(); }
  std::vector<double> start() const override {
    std::vector<double> theta = Objective::start();
    std::ranges::copy(thresholds_, theta.begin() + static_cast<std::ptrdiff_t>(columns_));
    return theta;
  }
  double unit() const override { return options_.mean_weight; }
  bool is_penalised(std::size_t i) const override { return options_.penalty.at(i) > 0; }
  std::string parameter_name(std::size_t i) const override { return options_.names.at(i); }
  double in_units(std::size_t i, double value) const override {
    return options_.scale.empty() || i >= columns_ ? value : value * options_.scale[i];
  }

  Evaluation evaluate(std::span<const double> theta, Order order) override {
    ensure(theta.size() == size(), "theta has one value a parameter");
    const std::span<const double> zeta = theta.subspan(columns_);
    if (std::ranges::adjacent_find(zeta, std::greater_equal<>()) != zeta.end()) {
      Evaluation nothing;  // a step too far
      nothing.saturated = 1;
      return nothing;
    }
    const auto layout = likelihood_layout(options_.names, order, format_);
    std::vector<Aggregate> parts;
    for (const kernels::RowBlocks& rows : domains_)
      add_likelihood(rows, theta, order, parts.emplace_back(layout));
    return sum_likelihood(sums_, std::move(parts), theta, options_.penalty, order);
  }

  ScoreProducts score_products(std::span<const double> theta, const Clusters* clusters) override {
    const auto layout = products_layout(options_.names, products_, clusters != nullptr);
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < domains_.size(); ++d) {
      Aggregate& part = parts.emplace_back(layout);
      if (clusters) {
        ClusterScores scores(size());
        for_each_score(domains_[d], theta, part, [&](std::size_t row, std::span<const double> s) {
          scores.add(clusters->of_row[d][row], s);
        });
        scores.add_products(sums_, d, clusters->count[d], format_, part);
      } else {
        const RowSum products(part, "products");
        for_each_score(domains_[d], theta, part, [&](std::size_t, std::span<const double> s) {
          for (std::size_t i = 0, at = 0; i < s.size(); ++i)
            for (std::size_t j = 0; j <= i; ++j, ++at)
              products.add(s[i] * s[j], at);
        });
      }
    }
    return sum_products(sums_, std::move(parts), theta, true);
  }

  std::vector<double> hessian_times(std::span<const double> theta,
                                    std::span<const double> v) override {
    return symmetric_times(evaluate(theta, Order::hessian).hessian, v);
  }

 private:
  /// Block by block in double, each block's sums rounded once.
  void add_likelihood(const kernels::RowBlocks& rows, std::span<const double> theta, Order order,
                      Aggregate& part) const {
    const auto eta = host_copy(kernels::linear_predictor(rows, theta.first(columns_), 1));
    const auto x = host_copy(rows.x);
    const auto y = host_copy(rows.y);
    const auto weight = host_copy(rows.weight);
    const std::span<const double> zeta = theta.subspan(columns_);
    const auto packed = [](std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; };
    std::vector<double> score, information, of_row(columns_);
    for (std::size_t b = 0; b < rows.blocks(); ++b) {
      double value = 0;
      score.assign(order >= Order::gradient ? size() : 0, 0);
      information.assign(order >= Order::hessian ? packed(size(), 0) : 0, 0);
      for (std::size_t r = 0; r < rows.block_rows(); ++r) {
        const double w = weight(b, r);
        if (w == 0) continue;
        const auto k = static_cast<std::size_t>(y(b, 0, r));
        const RowTerms terms = terms_of(k, eta(b, 0, r), zeta);
        value += w * terms.value;
        if (score.empty()) continue;
        const double of_eta = -terms.of_upper - terms.of_lower;
        for (std::size_t j = 0; j < columns_; ++j)
          score[j] += w * of_eta * (of_row[j] = x(b, j, r));
        const std::size_t upper = columns_ + k, lower = upper - 1;
        const bool has_upper = k<zeta.size(), has_lower = k> 0;
        if (has_upper) score[upper] += w * terms.of_upper;
        if (has_lower) score[lower] += w * terms.of_lower;
        if (information.empty()) continue;
        for (std::size_t i = 0, at = 0; i < columns_; ++i) {
          const double scaled = w * (terms.upper + terms.lower) * of_row[i];
          for (std::size_t j = 0; j <= i; ++j, ++at)
            information[at] += scaled * of_row[j];
        }
        if (has_upper) {
          for (std::size_t j = 0; j < columns_; ++j)
            information[packed(upper, j)] -= w * terms.upper * of_row[j];
          information[packed(upper, upper)] += w * (terms.upper + terms.between);
        }
        if (has_lower) {
          for (std::size_t j = 0; j < columns_; ++j)
            information[packed(lower, j)] -= w * terms.lower * of_row[j];
          information[packed(lower, lower)] += w * (terms.lower + terms.between);
        }
        if (has_upper && has_lower) information[packed(upper, lower)] -= w * terms.between;
      }
      RowSum(part, "log_likelihood").add(value);
      add_all(part, "score", score);
      add_all(part, "information", information);
      if ((b + 1) % blocks_between_carries == 0) part.normalise();
    }
  }

  static void add_all(Aggregate& part, const char* stream, const std::vector<double>& values) {
    if (values.empty()) return;
    const RowSum sum(part, stream);
    for (std::size_t i = 0; i < values.size(); ++i)
      sum.add(values[i], i);
  }

  /// Calls use(place of the row, w times its score) for every row of non-zero weight.
  template <class F>
  void for_each_score(const kernels::RowBlocks& rows, std::span<const double> theta,
                      Aggregate& carried, const F& use) const {
    const auto eta = host_copy(kernels::linear_predictor(rows, theta.first(columns_), 1));
    const auto x = host_copy(rows.x);
    std::vector<double> score(size());
    for_each_row(rows, carried, [&](std::size_t b, std::size_t r, double y, double w) {
      const auto k = static_cast<std::size_t>(y);
      const RowTerms terms = terms_of(k, eta(b, 0, r), theta.subspan(columns_));
      std::ranges::fill(score, 0);
      for (std::size_t j = 0; j < columns_; ++j)
        score[j] = w * (-terms.of_upper - terms.of_lower) * x(b, j, r);
      if (columns_ + k < size()) score[columns_ + k] = w * terms.of_upper;
      if (k > 0) score[columns_ + k - 1] = w * terms.of_lower;
      use(b * rows.block_rows() + r, score);
    });
  }

  static constexpr std::size_t blocks_between_carries = rows_between_carries;

  std::vector<kernels::RowBlocks> domains_;
  GlmOptions options_;
  std::vector<double> thresholds_;
  std::size_t columns_;
  Sums& sums_;
  FixedPoint format_ = wide, products_ = wide;
};

}  // namespace

double log_probability(std::size_t k, double eta, std::span<const double> thresholds) {
  return terms_of(k, eta, thresholds).value;
}

std::unique_ptr<Objective> make_proportional_odds(std::vector<kernels::RowBlocks> domains,
                                                  GlmOptions options,
                                                  std::vector<double> thresholds, Sums& sums) {
  return std::make_unique<ProportionalOdds>(std::move(domains), std::move(options),
                                            std::move(thresholds), sums);
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics/metrics.hpp"

#include <cmath>
#include <map>
#include <optional>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/undefined.hpp"
#include "lib/model/metrics/measured_sums.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

const std::vector<const char*>& measures_made_of(const std::string& stream) {
  static const std::map<std::string, std::vector<const char*>> measures = {
      {"absolute", {"mae"}},        {"squares", {"rmse", "r_squared"}},
      {"about", {"r_squared"}},     {"about_squares", {"r_squared"}},
      {"phm08", {"phm08"}},         {"observed", {"observed", "d_squared"}},
      {"expected", {"expected"}},   {"deviance", {"mean_deviance", "d_squared"}},
      {"saturated", {"d_squared"}}, {"squared_error", {"rmse"}},
      {"exposure", {"d_squared"}},  {"observed_offset", {"d_squared"}}};
  return measures.at(stream);
}

std::shared_ptr<const AggregateLayout> regression_layout(bool phm08) {
  std::vector<Stream> streams{{"rows", 1, counts},
                              {"absolute", 1, any_size},
                              {"squares", 1, any_size},
                              {"about", 1, any_size},
                              {"about_squares", 1, any_size}};
  if (phm08) streams.push_back({"phm08", 1, wide});
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

namespace {

/// 1 - residual / variation. Not defined where the target does not vary: what is left of such a
/// variation is the rounding of the terms it is the difference of.
double explained(double residual, double variation, double terms) {
  constexpr double rounding = 0x1p-48;
  return variation > rounding * terms ? 1 - residual / variation : undefined;
}

bool has_phm08(const Aggregate& sum) {
  return sum.layout().streams().back().name == "phm08";
}

}  // namespace

void add_regression(const kernels::RowBlocks& rows, const Predictor& eta, double centre,
                    Aggregate& sum) {
  const RowSum count(sum, "rows"), absolute(sum, "absolute"), squares(sum, "squares"),
      about(sum, "about"), about_squares(sum, "about_squares");
  std::optional<RowSum> phm08;
  if (has_phm08(sum)) phm08.emplace(sum, "phm08");
  const auto predictor = host_copy(eta);
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double y, double) {
    const double residual = y - predictor(b, 0, r), offset = y - centre;
    count.count();
    absolute.add(std::fabs(residual));
    squares.add(residual * residual);
    about.add(offset);
    about_squares.add(offset * offset);
    if (phm08) phm08->add(exact::expm1(residual > 0 ? residual / 13 : residual / -10));
  });
}

Json regression_metrics(Aggregate total) {
  const double rows = checked_value(total, "rows"), squares = checked_value(total, "squares"),
               about = checked_value(total, "about"),
               about_squares = checked_value(total, "about_squares"),
               variation = about_squares - ratio_of(about * about, rows);
  Json measures = {{"rows", rows},
                   {"rmse", defined_or_null(std::sqrt(ratio_of(squares, rows)))},
                   {"mae", defined_or_null(ratio_of(checked_value(total, "absolute"), rows))},
                   {"r_squared", defined_or_null(explained(squares, variation, about_squares))}};
  if (has_phm08(total)) measures["phm08"] = checked_value(total, "phm08");
  return measures;
}

std::shared_ptr<const AggregateLayout> rate_layout() {
  return make_layout({{"rows", 1, counts},
                      {"observed", 1, any_size},
                      {"expected", 1, any_size},
                      {"deviance", 1, any_size},
                      {"saturated", 1, any_size},
                      {"squared_error", 1, any_size},
                      {"exposure", 1, any_size},
                      {"observed_offset", 1, any_size}});
}

void add_rate(const kernels::RowBlocks& rows, const Predictor& eta,
              const kernels::FamilyMembers& family, Aggregate& sum) {
  const RowSum count(sum, "rows"), observed(sum, "observed"), expected(sum, "expected"),
      deviance(sum, "deviance"), saturated(sum, "saturated"), squared(sum, "squared_error"),
      exposure(sum, "exposure"), observed_offset(sum, "observed_offset");
  const auto predictor = host_copy(eta);
  const auto offsets = host_copy(rows.offset);
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double y, double) {
    const double e = predictor(b, 0, r), mean = family.mean(e);
    count.count();
    observed.add(y);
    expected.add(mean);
    squared.add((y - mean) * (y - mean));
    deviance.add(family.deviance(y, e));
    saturated.add(family.saturated(y));
    const double offset = offsets.extent(0) == 0 ? 0 : offsets(b, r);
    exposure.add(exact::exp(offset));
    observed_offset.add(y * offset);
  });
}

// About the mean rate: what a Poisson model of an intercept beside the offsets leaves. Of other
// families with offsets no formula tells that.
Json rate_metrics(Aggregate total, const kernels::FamilyMembers& family) {
  const double rows = checked_value(total, "rows"), observed = checked_value(total, "observed"),
               deviance = checked_value(total, "deviance");
  double d_squared = undefined;
  const double exposure = checked_value(total, "exposure"),
               offset = checked_value(total, "observed_offset");
  const bool poisson = &family == &kernels::family_members[kernels::family<kernels::Poisson>.index];
  if (observed > 0 && (poisson || (exposure == rows && offset == 0))) {
    const double own = checked_value(total, "saturated");
    const double mean = std::fma(exposure, family.saturated(observed / exposure), offset);
    d_squared = explained(deviance, 2 * (own - mean), 2 * (std::fabs(own) + std::fabs(mean)));
  }
  return {
      {"rows", rows},
      {"observed", defined_or_null(observed)},
      {"expected", defined_or_null(checked_value(total, "expected"))},
      {"rmse", defined_or_null(std::sqrt(ratio_of(checked_value(total, "squared_error"), rows)))},
      {"mean_deviance", defined_or_null(ratio_of(deviance, rows))},
      {"d_squared", defined_or_null(d_squared)}};
}

std::shared_ptr<const AggregateLayout> multinomial_layout(std::size_t classes) {
  return make_layout({{"confusion", classes * classes, counts}, {"log_loss", 1, wide}});
}

void add_multinomial(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum) {
  const RowSum confusion(sum, "confusion"), log_loss(sum, "log_loss");
  const auto predictor = host_copy(eta);
  const std::size_t classes = eta.extent(1) + 1;
  ensure(sum.layout().stream("confusion").size == classes * classes,
         "a layout and its predictors have the same classes");
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double y, double) {
    const auto score = [&](std::size_t k) { return k == 0 ? 0.0 : predictor(b, k - 1, r); };
    std::size_t best = 0;
    for (std::size_t k = 1; k < classes; ++k) {
      if (score(k) > score(best)) best = k;
    }
    double scaled = 0;
    for (std::size_t k = 0; k < classes; ++k)
      scaled += exact::exp(score(k) - score(best));
    const auto truth = static_cast<std::size_t>(y);
    confusion.count(truth * classes + best);
    log_loss.add(exact::log(scaled) + (score(best) - score(truth)));
  });
}

Json confusion_measures(std::span<const std::int64_t> confusion, std::size_t classes) {
  std::vector<double> of_class(classes, 0.0), predicted(classes, 0.0);
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    of_class[i / classes] += static_cast<double>(confusion[i]);
    predicted[i % classes] += static_cast<double>(confusion[i]);
  }
  Json recall = Json::array(), precision = Json::array();
  double rows = 0, correct = 0, recalls = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    const auto right = static_cast<double>(confusion[k * (classes + 1)]);
    rows += of_class[k];
    correct += right;
    recalls += ratio_of(right, of_class[k]);
    recall.push_back(defined_or_null(ratio_of(right, of_class[k])));
    precision.push_back(defined_or_null(ratio_of(right, predicted[k])));
  }
  return {{"rows", rows},
          {"accuracy", defined_or_null(ratio_of(correct, rows))},
          {"balanced_accuracy", defined_or_null(recalls / static_cast<double>(classes))},
          {"recall", recall},
          {"precision", precision},
          {"confusion", confusion}};
}

Json multinomial_metrics(Aggregate total, std::size_t classes) {
  const double loss = checked_value(total, "log_loss");
  Json measures = confusion_measures(total.words("confusion"), classes);
  measures["log_loss"] = defined_or_null(ratio_of(loss, measures.at("rows").get<double>()));
  return measures;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/scorecard.hpp"

#include <algorithm>
#include <cmath>

#include "lib/model/concordance.hpp"
#include "lib/model/metrics.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

namespace {

using kernels::Response;

Response response_of(const SavedModel& model) {
  return model.config.kind->response(model.config);
}

/// Metrics that a table shows, where a kind has them; the JSON holds them all.
constexpr const char* table_columns[] = {
    "rows", "events",    "accuracy", "auc",      "log_loss", "brier",         "c_index",  "rmse",
    "mae",  "r_squared", "phm08",    "observed", "expected", "mean_deviance", "d_squared"};

/// JSON has no word for what is not a number: a metric that the rows do not define is null.
Json defined(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

std::shared_ptr<const AggregateLayout> layout_of(const SavedModel& model,
                                                 const EvaluateConfig& how) {
  switch (response_of(model)) {
    case Response::mean:
      return regression_layout(how.phm08);
    case Response::probability:
      return binary_layout(static_cast<std::size_t>(how.calibration_bins));
    case Response::rate:
      return rate_layout();
    case Response::classes:
      return multinomial_layout(model.categories.size());
    case Response::hazard:
      break;
  }
  return std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", 2, counts}, {"pairs", 3, counts}});
}

/// Cox: the domain's rows on its first rank, for its own pairs; they stay inside the domain.
void add_pairs(const SavedModel& model, const kernels::RowBlocks& rows, std::size_t d, Sums& sums,
               Aggregate& sum) {
  const Scores scores(model, rows);
  const auto y = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.y);
  const auto weight = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.weight);
  std::vector<double> time, status, risk;
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      time.push_back(y(b, 0, r));
      status.push_back(y(b, 1, r));
      risk.push_back(scores.linear(b, r));
    }
  time = sums.gather_within_domain(d, time);
  status = sums.gather_within_domain(d, status);
  risk = sums.gather_within_domain(d, risk);
  if (!sums.leads(d)) return;
  const Concordance pairs = concordance(time, status, risk);
  const std::int64_t rows_events[] = {static_cast<std::int64_t>(time.size()),
                                      std::count(status.begin(), status.end(), 1.0)};
  const std::int64_t counted[] = {pairs.comparable, pairs.concordant, pairs.tied};
  sum.add_counts("rows", rows_events);
  sum.add_counts("pairs", counted);
}

}  // namespace

Json to_json(const BinaryMetrics& m) {
  Json bins = Json::array();
  for (const CalibrationBin& bin : m.calibration)
    bins.push_back({{"lower", bin.lower},
                    {"upper", bin.upper},
                    {"rows", bin.rows},
                    {"events", bin.events},
                    {"mean_prediction", defined(bin.mean_prediction)}});
  return {{"rows", m.rows},
          {"events", m.events},
          {"accuracy", defined(m.accuracy)},
          {"log_loss", defined(m.log_loss)},
          {"brier", defined(m.brier)},
          {"auc", defined(m.auc.estimate)},
          {"auc_lower", defined(m.auc.lower)},
          {"auc_upper", defined(m.auc.upper)},
          {"calibration", bins}};
}

Scorecard::Scorecard(const SavedModel& model, const EvaluateConfig& how)
    : model_(model), layout_(layout_of(model, how)) {}

Aggregate Scorecard::add(const kernels::RowBlocks& rows, std::size_t d, Sums& sums) const {
  Aggregate sum(layout_);
  if (response_of(model_) == Response::hazard) {
    add_pairs(model_, rows, d, sums, sum);
    return sum;
  }
  const Kind& kind = kind_of(model_.config);
  const Predictor eta = kind.predictor(model_, rows);
  switch (response_of(model_)) {
    case Response::mean:
      add_regression(rows, eta, kind.public_centre(model_), sum);
      break;
    case Response::probability:
      add_binary(rows, eta, sum);
      break;
    case Response::rate:
      add_rate(rows, eta, *kind.family(model_.config), sum);
      break;
    case Response::classes:
      add_multinomial(rows, eta, sum);
      break;
    case Response::hazard:
      break;
  }
  return sum;
}

Json Scorecard::metrics(const Aggregate& total) const {
  switch (response_of(model_)) {
    case Response::mean: {
      const RegressionMetrics m = regression_metrics(total);
      Json metrics{{"rows", m.rows},
                   {"rmse", defined(m.rmse)},
                   {"mae", defined(m.mae)},
                   {"r_squared", defined(m.r_squared)}};
      if (m.phm08) metrics["phm08"] = *m.phm08;
      return metrics;
    }
    case Response::probability:
      return to_json(binary_metrics(total));
    case Response::rate: {
      const RateMetrics m = rate_metrics(total, *kind_of(model_.config).family(model_.config));
      return {{"rows", m.rows},
              {"observed", defined(m.observed)},
              {"expected", defined(m.expected)},
              {"mean_deviance", defined(m.mean_deviance)},
              {"d_squared", defined(m.d_squared)}};
    }
    case Response::classes: {
      const MultinomialMetrics m = multinomial_metrics(total, model_.categories.size());
      return {{"rows", m.rows},
              {"accuracy", defined(m.accuracy)},
              {"log_loss", defined(m.log_loss)},
              {"categories", model_.categories},
              {"confusion", m.confusion}};
    }
    case Response::hazard:
      break;
  }
  const auto rows = total.words("rows"), pairs = total.words("pairs");
  const Concordance sum{pairs[0], pairs[1], pairs[2]};
  return {{"rows", rows[0]},
          {"events", rows[1]},
          {"c_index", defined(sum.index())},
          {"comparable", sum.comparable},
          {"concordant", sum.concordant},
          {"tied", sum.tied}};
}

std::string Scorecard::table(const std::vector<std::pair<std::string, Json>>& lines) {
  std::size_t width = 10;
  for (const auto& [name, metrics] : lines)
    width = std::max(width, name.size());
  std::string text = fmt::format("{:<{}}", "", width);
  for (const char* column : table_columns)
    if (lines.front().second.contains(column)) text += fmt::format("  {:>13}", column);
  text += '\n';
  for (const auto& [name, metrics] : lines) {
    text += fmt::format("{:<{}}", name, width);
    for (const char* column : table_columns) {
      if (!metrics.contains(column)) continue;
      if (metrics.at(column).is_null()) {
        text += fmt::format("  {:>13}", "-");
        continue;
      }
      const double value = metrics.at(column).get<double>();
      const bool whole = std::string_view(column) == "rows" || std::string_view(column) == "events";
      text += whole ? fmt::format("  {:>13.0f}", value) : fmt::format("  {:>13.6f}", value);
    }
    text += '\n';
  }
  return text;
}

}  // namespace bailiwick

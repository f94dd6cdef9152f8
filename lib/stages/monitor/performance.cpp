// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/performance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "lib/core/text.hpp"
#include "lib/model/distributions.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/monitor/loss_errors.hpp"
#include "lib/stages/monitor/measured.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

double number_of(const Json& metrics, const char* name) {
  const Json value = metrics.value(name, Json());
  return value.is_number() ? value.get<double>() : NAN;
}

/// How far the area under the ROC curve may be off by chance, of as many independent rows as the
/// sample is worth (Hanley & McNeil, Radiology 143 (1982) 29).
double error_of_area(const Json& metrics, double effect) {
  const double area = number_of(metrics, "auc"), events = number_of(metrics, "events") / effect,
               others = number_of(metrics, "rows") / effect - events;
  const double squared = area * area, first = area / (2 - area) - squared,
               second = 2 * squared / (1 + area) - squared;
  const double above =
      area * (1 - area) + std::max(0.0, events - 1) * first + std::max(0.0, others - 1) * second;
  return std::sqrt(above / (events * others));
}

/// Of all predictions of a model, the largest.
double design_effect_of_predictions(const Json& columns, const char* sample) {
  double largest = 1;
  for (const Json& column : columns)
    if (column["role"] == "prediction" && column.contains("design_effect") &&
        column["design_effect"][sample].is_number())
      largest = std::max(largest, column["design_effect"][sample].get<double>());
  return largest;
}

/// Events that there were against those that were predicted, and the error of their ratio from the
/// squares of what was left.
Json calibration_ratio(const Json& metrics, double effect) {
  const double rows = number_of(metrics, "rows");
  double observed = number_of(metrics, "observed"), expected = number_of(metrics, "expected"),
         squares = number_of(metrics, "rmse");
  squares = squares * squares * rows;
  if (const Json table = metrics.value("calibration", Json()); table.is_array()) {
    observed = number_of(metrics, "events");
    squares = number_of(metrics, "brier") * rows;
    expected = 0;
    for (const Json& bin : table)
      if (bin["rows"].get<double>() > 0)
        expected += bin["rows"].get<double>() * number_of(bin, "mean_prediction");
  }
  if (!(expected > 0) || !std::isfinite(observed)) return {};
  return {{"observed", observed},
          {"expected", expected},
          {"ratio", observed / expected},
          {"standard_error", number_or_null(std::sqrt(squares * effect) / expected)}};
}

}  // namespace

Performance compare_performance(Run& run, const UsedModel& used, const Samples& samples,
                                const Predictions& predictions, const Json& columns) {
  const MonitorConfig& how = run.config().section<MonitorConfig>();
  Performance performance;
  std::array<Json, 2> metrics;
  std::array<std::map<std::string, double>, 2> errors;
  for (std::size_t s = 0; s < sample_names.size(); ++s) {
    metrics[s] = measured(run, used, predictions.models, predictions.rows[s]);
    const double effect = design_effect_of_predictions(columns, sample_names[s]);
    errors[s] = loss_errors(run, used.model, samples, predictions, s);
    errors[s]["auc"] = error_of_area(metrics[s], effect);
    performance.said[sample_names[s]] = metrics[s];
    if (const Json ratio = calibration_ratio(metrics[s], effect); !ratio.is_null())
      performance.said["calibration"][sample_names[s]] = ratio;
  }
  for (const auto& [name, limit] : how.tolerance)
    choose_measure(metrics[reference_sample], name, "monitor.tolerance");
  Json& losses = performance.said["losses"] = Json::object();
  for (const std::string& name : a_measure().words) {
    if (name.empty() || std::isnan(number_of(metrics[reference_sample], name.c_str()))) continue;
    const Measure& measure = choose_measure(metrics[reference_sample], name, "monitor.tolerance");
    const double before = number_of(metrics[reference_sample], measure.name),
                 after = number_of(metrics[current_sample], measure.name);
    const double loss = measure.better(before, after);
    double error = NAN;
    if (errors[0].contains(name) && errors[1].contains(name))
      error = std::hypot(errors[0][name], errors[1][name]);
    Json& said =
        losses[name] = {{"loss", number_or_null(loss)}, {"standard_error", number_or_null(error)}};
    double p_value = NAN;
    if (loss > 0 && error > 0 && std::isfinite(error)) {
      p_value = normal_p_value(loss / error) / 2;
      said["p_value"] = p_value;
    }
    const auto allowed = how.tolerance.find(name);
    if (allowed == how.tolerance.end()) continue;
    said["allowed"] = allowed->second;
    if (std::isnan(loss))
      performance.reasons.push_back(name + " is not defined for the current rows");
    else if (loss > allowed->second && !(p_value >= how.level))
      performance.reasons.push_back(
          fmt::format("{} is worse by {:.3g}, more than {}: {:.4g}, was {:.4g}", name, loss,
                      round_trip(allowed->second), after, before));
  }
  return performance;
}

Json estimated_performance(Run& run, const SavedModel& model, const Predictions& predictions) {
  if (model.config.kind->response(model.config) != kernels::Response::probability) return {};
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", 1, counts}, {"right", 1, wide}, {"squares", 1, wide}, {"events", 1, wide}});
  Json estimated;
  for (std::size_t s = 0; s < sample_names.size(); ++s) {
    std::vector<Aggregate> parts;
    std::vector<std::uint64_t> held;
    for (const SampleRows& rows : predictions.table.samples[s]) {
      Aggregate& part = parts.emplace_back(layout);
      const RowSum counted(part, "rows"), right(part, "right"), squares(part, "squares"),
          events(part, "events");
      for (std::size_t r = 0; r < rows.values.front().size(); ++r) {
        const double p = rows.values.front()[r];
        counted.count();
        right.add(std::max(p, 1 - p));
        squares.add(p * (1 - p));
        events.add(p);
        if ((r + 1) % rows_between_carries == 0) part.normalise();
      }
      part.normalise();
      held.push_back(rows.values.front().size());
    }
    run.boundary().hold_rows(std::move(held));
    const Aggregate total =
        run.boundary().across_domains("estimated performance", std::move(parts), model.parameters);
    const double rows = total.value("rows");
    estimated[sample_names[s]] = {{"accuracy", total.value("right") / rows},
                                  {"brier", total.value("squares") / rows},
                                  {"events", total.value("events")}};
  }
  return estimated;
}

}  // namespace bailiwick

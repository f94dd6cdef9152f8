// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/scorecard.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/model/metrics/metrics.hpp"
#include "lib/model/scores/concordance.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

namespace {

using kernels::Response;

Response response_of(const SavedModel& model) {
  return model.config.kind->response(model.config);
}

/// What a table has no room for; the JSON holds it all.
const std::set<std::string_view> not_in_table = {"auc_lower",
                                                 "auc_upper",
                                                 "average_precision_lower",
                                                 "average_precision_upper",
                                                 "comparable",
                                                 "concordant",
                                                 "tied",
                                                 "cells",
                                                 "contributors",
                                                 "noise"};

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
void add_pairs(const SavedModel& model, const LoadedRows& loaded, std::size_t d, Sums& sums,
               Aggregate& sum) {
  const kernels::RowBlocks& rows = loaded.rows;
  const Scores scores(model, rows);
  const auto y = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.y);
  const auto weight = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), rows.weight);
  // Of each row: its stratum, time, status, risk and, where rows enter late, entry.
  const std::size_t numbers = model.config.entry.empty() ? 4 : 5;
  std::vector<double> own;
  auto stratum = loaded.stratum.begin();
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < loaded.rows_of_block[b]; ++r) {
      const std::size_t of_row = loaded.stratum.empty() ? 0 : *stratum++;
      if (weight(b, r) == 0) continue;
      own.insert(own.end(),
                 {static_cast<double>(of_row), y(b, 0, r), y(b, 1, r), scores.linear(b, r)});
      if (numbers > 4) own.push_back(y(b, 2, r));
    }
  const std::vector<double> all = sums.gather_within_domain(d, own);
  if (!sums.leads(d)) return;
  std::map<double, std::array<std::vector<double>, 4>> strata;
  for (std::size_t i = 0; i < all.size(); i += numbers)
    for (std::size_t k = 1; k < numbers; ++k)
      strata[all[i]][k - 1].push_back(all[i + k]);
  std::int64_t rows_events[] = {0, 0};
  Concordance pairs;
  for (const auto& [number, of_stratum] : strata) {
    const auto& [time, status, risk, entry] = of_stratum;
    pairs += concordance(time, status, risk, entry);
    rows_events[0] += static_cast<std::int64_t>(time.size());
    rows_events[1] += std::count(status.begin(), status.end(), 1.0);
  }
  const std::int64_t counted[] = {pairs.comparable, pairs.concordant, pairs.tied};
  sum.add_counts("rows", rows_events);
  sum.add_counts("pairs", counted);
}

}  // namespace

Scorecard::Scorecard(const SavedModel& model, const EvaluateConfig& how)
    : model_(model),
      calibration_bins_(static_cast<std::size_t>(how.calibration_bins)),
      layout_(layout_of(model, how)) {}

Aggregate Scorecard::add(const LoadedRows& loaded, std::size_t d, Sums& sums) const {
  Aggregate sum(layout_);
  if (response_of(model_) == Response::hazard) {
    add_pairs(model_, loaded, d, sums, sum);
    return sum;
  }
  const kernels::RowBlocks& rows = loaded.rows;
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

Json Scorecard::metrics(const Aggregate& total, const std::vector<std::size_t>& calibration) const {
  switch (response_of(model_)) {
    case Response::mean:
      return regression_metrics(total);
    case Response::probability:
      return binary_metrics(total, ScoreCells(total), {calibration_bins_, calibration});
    case Response::rate:
      return rate_metrics(total, *kind_of(model_.config).family(model_.config));
    case Response::classes: {
      Json metrics = multinomial_metrics(total, model_.categories.size());
      metrics["categories"] = model_.categories;
      return metrics;
    }
    case Response::hazard:
      break;
  }
  const auto rows = total.words("rows"), pairs = total.words("pairs");
  const Concordance sum{pairs[0], pairs[1], pairs[2]};
  return {{"rows", rows[0]},
          {"events", rows[1]},
          {"c_index", sum.comparable == 0 ? Json() : Json(sum.index())},
          {"comparable", sum.comparable},
          {"concordant", sum.concordant},
          {"tied", sum.tied}};
}

Json Scorecard::metrics(const Aggregate& total, std::span<const UsedModel> models,
                        std::span<const LoadedRows> rows,
                        const std::vector<std::size_t>& calibration, const Sum& sum) const {
  if (response_of(model_) != Response::probability) return metrics(total);
  std::vector<OrderedScores> scores;
  for (std::size_t d = 0; d < rows.size(); ++d)
    scores.emplace_back(rows[d].rows,
                        kind_of(models[d].model.config).predictor(models[d].model, rows[d].rows));
  ScoreCells cells(total);
  while (cells.open()) {
    std::vector<Aggregate> finer;
    for (const OrderedScores& of_domain : scores)
      finer.push_back(cells.count(of_domain));
    cells.answer(sum(std::move(finer)));
  }
  return binary_metrics(total, cells, {calibration_bins_, calibration});
}

std::string Scorecard::shown(const Json& metrics, const std::string& measure) {
  const Json value = metrics.value(measure, Json());
  if (!value.is_number()) return "-";
  if (measure == "rows" || measure == "events") return fmt::format("{:.0f}", value.get<double>());
  const auto round_to = [](const Json& number, int digits) {
    return fmt::format("{:.{}f}", number.get<double>(), digits);
  };
  int digits = 6;
  const Json lower = metrics.value(measure + "_lower", value),
             upper = metrics.value(measure + "_upper", value);
  constexpr int few = 3;
  while (digits >= few && round_to(lower, digits) != round_to(upper, digits))
    --digits;
  return digits >= few ? round_to(value, digits)
                       : fmt::format("{}-{}", round_to(lower, few), round_to(upper, few));
}

std::vector<std::string> Scorecard::columns(const Json& metrics) {
  std::vector<std::string> columns = {"rows"};
  if (metrics.contains("events")) columns.emplace_back("events");
  for (const auto& [name, value] : metrics.items())
    if (std::ranges::find(columns, name) == columns.end() && !not_in_table.contains(name) &&
        !value.is_structured())
      columns.push_back(name);
  return columns;
}

std::string Scorecard::table(const std::vector<std::pair<std::string, Json>>& lines) {
  std::size_t width = 10;
  for (const auto& [name, metrics] : lines)
    width = std::max(width, name.size());
  const std::vector<std::string> columns = Scorecard::columns(lines.front().second);
  std::string text = fmt::format("{:<{}}", "", width);
  for (const std::string& column : columns)
    text += fmt::format("  {:>13}", column);
  text += '\n';
  for (const auto& [name, metrics] : lines) {
    text += fmt::format("{:<{}}", name, width);
    for (const std::string& column : columns)
      text += fmt::format("  {:>13}", shown(metrics, column));
    text += '\n';
  }
  return text;
}

namespace {

/// What rows of each class are taken for, (class, taken for), row-major; of a probability at one
/// half, as its shares say. Empty without such metrics.
std::vector<std::int64_t> confusion_of(const Json& metrics) {
  if (const Json told = metrics.value("confusion", Json()); told.is_array()) return told;
  std::vector<double> told;
  for (const char* name : {"rows", "events", "recall", "accuracy"}) {
    const Json value = metrics.value(name, Json());
    if (!value.is_number()) return {};
    told.push_back(value.get<double>());
  }
  const auto rows = std::llround(told[0]), events = std::llround(told[1]),
             found = std::llround(told[1] * told[2]),
             others_found = std::llround(told[0] * told[3]) - found;
  return {others_found, rows - events - others_found, events - found, found};
}

}  // namespace

std::string Scorecard::class_table(const Json& metrics, std::vector<std::string> categories) {
  const std::vector<std::int64_t> confusion = confusion_of(metrics);
  if (confusion.empty()) return "";
  if (categories.empty()) categories = {"0", "1"};
  constexpr std::size_t few = 10;
  const std::size_t classes = categories.size(), shown_as = classes <= few ? classes : 0;
  std::vector<std::vector<std::string>> lines{{"class", "rows", "recall", "precision"}};
  for (std::size_t k = 0; k < shown_as; ++k)
    lines.front().push_back("as " + categories[k]);
  const auto share = [](std::int64_t right, std::int64_t all) {
    return all > 0 ? fmt::format("{:.4f}", static_cast<double>(right) / static_cast<double>(all))
                   : "-";
  };
  for (std::size_t k = 0; k < classes; ++k) {
    const std::span row = std::span(confusion).subspan(k * classes, classes);
    const auto rows = std::accumulate(row.begin(), row.end(), std::int64_t{0});
    std::int64_t taken = 0;
    for (std::size_t i = 0; i < classes; ++i)
      taken += confusion[i * classes + k];
    lines.push_back(
        {categories[k], with_thousands(rows), share(row[k], rows), share(row[k], taken)});
    for (std::size_t as = 0; as < shown_as; ++as)
      lines.back().push_back(with_thousands(row[as]));
  }
  return "\n" + aligned(lines);
}

}  // namespace bailiwick

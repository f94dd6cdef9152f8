// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/private_evaluation.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/json.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/private/grid.hpp"
#include "lib/private/rows.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/evaluate_config.hpp"

namespace bailiwick {

namespace {

constexpr const char* scores_release = "scores";
/// Binary digits of a row in a cell: the root of two, by which a row that changes its cell moves
/// the counts, is then a whole number of the grid but for a thousandth.
constexpr int row_digits = 10;

std::shared_ptr<const AggregateLayout> layout_of(std::size_t bins) {
  return std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{scores_release, 2 * bins, {2, row_digits}}});
}

/// Rows without, then with an event, by bin of the probability that the model gives it.
Aggregate count_rows(const SavedModel& model, const kernels::RowBlocks& rows, std::size_t bins) {
  Aggregate counts(layout_of(bins));
  const Scores scores(model, rows);
  const auto y = host_copy(rows.y);
  const auto weight = host_copy(rows.weight);
  const std::span<std::int64_t> words = counts.words(scores_release);
  std::vector<double> prediction;
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      scores.predict(b, r, 0, prediction);
      const double p = prediction.front();
      const double at = std::clamp(std::isnan(p) ? 0 : p, 0.0, 1.0) * static_cast<double>(bins);
      const std::size_t bin = std::min(static_cast<std::size_t>(snapped(at)), bins - 1);
      words[(y(b, 0, r) >= 0.5 ? bins : 0) + bin] += std::int64_t{1} << row_digits;
    }
  return counts;
}

/// A share, or null of nothing.
Json share(double part, double whole) {
  return whole > 0 ? Json(std::clamp(part / whole, 0.0, 1.0)) : Json();
}

Json measures_of(const std::vector<double>& cells, double noise) {
  const std::size_t bins = cells.size() / 2;
  double rows = 0, events = 0, right = 0, found = 0, predicted = 0, pairs = 0, below = 0,
         squares = 0;
  Json calibration = Json::array();
  for (std::size_t k = 0; k < bins; ++k) {
    const double without = cells[k], with = cells[bins + k];
    const double low = static_cast<double>(k) / static_cast<double>(bins);
    const double high = static_cast<double>(k + 1) / static_cast<double>(bins);
    const double middle = (low + high) / 2;
    rows += without + with;
    events += with;
    right += middle < 0.5 ? without : with;
    if (middle >= 0.5) found += with, predicted += without + with;
    pairs += with * (below + without / 2);
    below += without;
    squares += without * middle * middle + with * (1 - middle) * (1 - middle);
    // Totals are of the noisy cells as they are, in which noise cancels; a bin by itself has no
    // fewer rows than none.
    calibration.push_back({{"lower", low},
                           {"upper", high},
                           {"rows", std::max(0.0, without) + std::max(0.0, with)},
                           {"events", std::max(0.0, with)},
                           {"mean_prediction", middle}});
  }
  return {{"rows", std::max(0.0, rows)},
          {"events", std::max(0.0, events)},
          {"accuracy", share(right, rows)},
          {"recall", share(found, events)},
          {"precision", share(found, predicted)},
          {"auc", events > 0 ? share(pairs, events * (rows - events)) : Json()},
          {"brier", share(squares, rows)},
          {"noise", noise},
          {"calibration", calibration}};
}

}  // namespace

NoisePlan evaluation_noise(const RunConfig& config) {
  return plan_noise(config.privacy->statistics_epsilon, config.privacy->delta,
                    {{scores_release, 1, 1}});
}

Json evaluate_with_noise(Run& run, const SavedModel& model, const ModelColumns& columns,
                         const EvaluateConfig& how) {
  if (model.config.kind->response(model.config) != kernels::Response::probability)
    throw Error(ExitCode::config,
                "privacy: an evaluation with noise is there for models of a probability (logistic, "
                "probit, cloglog; mlp with loss: binary), and this one is {}",
                model.config.kind->name);
  const PrivacyConfig& privacy = *run.config().privacy;
  const auto bins = static_cast<std::size_t>(privacy.bins);
  const DeclaredScale as_the_model{model.mean, model.scale, 0, 1};
  std::vector<Aggregate> parts;
  for (const kernels::RowBlocks& rows :
       load_private_rows(run, model.config, columns, as_the_model, how.split, privacy.unit_rows))
    parts.push_back(count_rows(model, rows, bins));
  const double moved =
      std::ldexp(std::sqrt(2.0) * static_cast<double>(privacy.unit_rows), row_digits);
  const NoisyStream noisy{scores_release, static_cast<std::uint64_t>(std::ceil(moved)),
                          evaluation_noise(run.config()).release(scores_release).scale};
  std::vector<double> at = model.parameters;  // all of the model that decides a row's cell
  at.insert(at.end(), model.mean.begin(), model.mean.end());
  at.insert(at.end(), model.scale.begin(), model.scale.end());
  const Aggregate total = run.boundary().across_domains_with_noise(
      "rows by label and prediction, with noise", std::move(parts), {{noisy}}, at);
  return measures_of(
      total.values(scores_release),
      run.boundary().noise_deviation(layout_of(bins)->stream(scores_release), noisy));
}

}  // namespace bailiwick

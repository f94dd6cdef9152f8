// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/loss_errors.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/data/clusters.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

using kernels::Response;

/// Measures that are means of a number of each row, or the root of one.
std::vector<std::string> mean_measures(Response response) {
  switch (response) {
    case Response::probability:
      return {"accuracy", "log_loss", "brier"};
    case Response::classes:
      return {"accuracy", "log_loss"};
    case Response::mean:
      return {"mae", "rmse"};
    case Response::rate:
      return {"rmse"};
    case Response::hazard:
      break;
  }
  return {};
}

double log_loss_of(double probability) {
  return -exact::log(std::max(probability, 0x1p-1022));
}

/// What a row adds to each of them.
void row_losses(Response response, double y, std::span<const double> predicted,
                std::vector<double>& losses) {
  const double p = predicted.front(), left = p - y;
  if (response == Response::probability) {
    losses = {(p >= 0.5) == (y > 0.5) ? 1.0 : 0.0, log_loss_of(y > 0.5 ? p : 1 - p), left * left};
  } else if (response == Response::classes) {
    const auto most = std::ranges::max_element(predicted) - predicted.begin();
    losses = {static_cast<double>(most) == y ? 1.0 : 0.0,
              log_loss_of(predicted[static_cast<std::size_t>(y)])};
  } else if (response == Response::mean) {
    losses = {std::fabs(left), left * left};
  } else {
    losses = {left * left};
  }
}

/// Calls f(row, losses and 1) for each row of a domain that weighs something.
template <class F>
void for_each_loss(Response response, const kernels::RowBlocks& rows, const SampleRows& predicted,
                   const F& f) {
  const auto y = host_copy(rows.y);
  const auto weight = host_copy(rows.weight);
  std::vector<double> of_row, losses;
  std::size_t row = 0;
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      of_row.clear();
      for (const std::vector<double>& values : predicted.values)
        of_row.push_back(values[row]);
      row_losses(response, y(b, 0, r), of_row, losses);
      losses.push_back(1);
      f(row++, losses);
    }
}

}  // namespace

std::map<std::string, double> loss_errors(Run& run, const SavedModel& model, const Samples& samples,
                                          const Predictions& predictions, std::size_t sample) {
  const Response response = model.config.kind->response(model.config);
  const std::vector<std::string> names = mean_measures(response);
  if (names.empty() || !model.config.trials.empty()) return {};
  const std::size_t size = names.size() + 1;  // the last is the row itself
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"losses", size, any_size},
                          {"clusters", 1, counts},
                          {"products", size * (size + 1) / 2, any_size}});
  std::vector<Aggregate> parts;
  std::vector<std::uint64_t> held;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    Aggregate& part = parts.emplace_back(layout);
    const SampleRows& rows = predictions.table.samples[sample][d];
    const RowSum sums(part, "losses"), products(part, "products"), clusters(part, "clusters");
    ClusterScores scores(size);
    NumberedClusters numbered;
    if (samples.clusters_rows()) numbered = number_clusters(rows.clusters, d, run.boundary());
    for_each_loss(response, predictions.rows[sample].domains[d].rows, rows,
                  [&](std::size_t row, const std::vector<double>& losses) {
                    for (std::size_t j = 0; j < size; ++j)
                      sums.add(losses[j], j);
                    if (samples.clusters_rows()) {
                      scores.add(numbered.of_row[row], losses);
                    } else {
                      clusters.count();
                      for (std::size_t j = 0, at = 0; j < size; ++j)
                        for (std::size_t k = 0; k <= j; ++k, ++at)
                          products.add(losses[j] * losses[k], at);
                    }
                    if ((row + 1) % rows_between_carries == 0) part.normalise();
                  });
    part.normalise();
    if (samples.clusters_rows())
      scores.add_products(run.boundary(), d, numbered.count, any_size, part);
    held.push_back(rows.values.front().size());
  }
  run.boundary().hold_rows(std::move(held));
  Aggregate total =
      run.boundary().across_domains("errors of losses", std::move(parts), model.parameters);
  total.normalise();
  if (total.saturated() != 0) return {};
  const std::vector<double> sums = total.values("losses"), products = total.values("products");
  const double n = sums.back();
  const double* const with_rows = &products[size * (size - 1) / 2];  // of each loss, then of rows
  std::map<std::string, double> errors;
  for (std::size_t k = 0; k + 1 < size; ++k) {
    const double mean = sums[k] / n;
    const double squares = std::fma(mean * mean, with_rows[size - 1],
                                    std::fma(-2 * mean, with_rows[k], products[k * (k + 3) / 2]));
    double& error = errors[names[k]] = std::sqrt(std::max(0.0, squares)) / n;
    if (names[k] == "rmse") error = mean > 0 ? error / (2 * std::sqrt(mean)) : 0;
  }
  return errors;
}

}  // namespace bailiwick

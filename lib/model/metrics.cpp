// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

constexpr double auc_bins_per_unit = 2048;
constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const AggregateLayout> layout(std::vector<Stream> streams) {
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

/// The bin of [0, bins) that a scaled value falls in; what lies outside goes to the ends.
std::size_t bin_of(double scaled, std::size_t bins) {
  const double last = static_cast<double>(bins - 1);
  return static_cast<std::size_t>(scaled >= 0 ? std::min(scaled, last) : 0.0);
}

/// Twice the linear predictor in the middle of two bounds of bins that add up to `bounds`.
double predictor_at(std::size_t bounds) {
  return static_cast<double>(bounds) / auc_bins_per_unit - 32;
}

/// The values of a stream, after checking that every contribution fitted.
std::vector<double> values(Aggregate& total, const char* stream) {
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(ExitCode::data,
                "{} predictions are not finite or too far from the target to sum; are these the "
                "columns, and their standardisation, that the model was trained on?",
                total.saturated());
  }
  return total.values(stream);
}

/// Not a number if the total has no such stream: it was left out.
double value(Aggregate& total, const char* stream) {
  return total.layout().has(stream) ? values(total, stream).front() : undefined;
}

/// Not a number where there is nothing to divide by: 0 would read as a perfect loss.
double ratio(double a, double b) {
  return b == 0 ? undefined : a / b;
}

/// 1 - residual / variation. Not defined where the target does not vary: what is left of such a
/// variation is the rounding of the terms it is the difference of.
double explained(double residual, double variation, double terms) {
  constexpr double rounding = 0x1p-48;
  return variation > rounding * terms ? 1 - residual / variation : undefined;
}

BinnedAuc binned_auc(std::span<const std::int64_t> positives,
                     std::span<const std::int64_t> negatives) {
  std::int64_t below = 0, above = 0, sure = 0, open = 0;  // pairs: fewer than 2^62 for 2^31 rows
  for (std::size_t b = 0; b < positives.size(); ++b) {
    sure += positives[b] * below;
    open += positives[b] * negatives[b];
    below += negatives[b];
    above += positives[b];
  }
  const auto pairs = static_cast<double>(below) * static_cast<double>(above);
  const auto lower = static_cast<double>(sure), width = static_cast<double>(open);
  return {ratio(lower + width / 2, pairs), ratio(lower, pairs), ratio(lower + width, pairs)};
}

}  // namespace

std::shared_ptr<const AggregateLayout> binary_layout(std::size_t calibration_bins) {
  ensure(calibration_bins > 0, "a calibration table has bins");
  return layout({{"correct", 1, counts},
                 {"log_loss", 1, wide},
                 {"squared_error", 1, wide},
                 {"positives", auc_bins, counts},
                 {"negatives", auc_bins, counts},
                 {"bin_rows", calibration_bins, counts},
                 {"bin_events", calibration_bins, counts},
                 {"bin_predictions", calibration_bins, wide}});
}

void add_binary(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum) {
  const RowSum correct(sum, "correct"), log_loss(sum, "log_loss"), error(sum, "squared_error"),
      positives(sum, "positives"), negatives(sum, "negatives"), bin_rows(sum, "bin_rows"),
      bin_events(sum, "bin_events"), bin_predictions(sum, "bin_predictions");
  const std::size_t bins = sum.layout().stream("bin_rows").size;
  const auto predictor = host_copy(eta);
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double y, double) {
    const double e = predictor(b, 0, r), p = exact::sigmoid(e);
    const bool event = y >= 0.5;
    const std::size_t bin = bin_of(p * static_cast<double>(bins), bins);
    if (event == (e > 0)) correct.count();
    log_loss.add(exact::softplus(event ? -e : e));
    error.add(event ? (1 - p) * (1 - p) : p * p);
    (event ? positives : negatives).count(bin_of((e + 16) * auc_bins_per_unit, auc_bins));
    bin_rows.count(bin);
    if (event) bin_events.count(bin);
    bin_predictions.add(p, bin);
  });
}

BinaryMetrics binary_metrics(Aggregate total) {
  BinaryMetrics m;
  const auto bin_rows = values(total, "bin_rows"), bin_events = values(total, "bin_events"),
             predictions = values(total, "bin_predictions");
  const auto bins = static_cast<double>(bin_rows.size());
  for (std::size_t b = 0; b < bin_rows.size(); ++b) {
    const auto at = static_cast<double>(b);
    m.calibration.push_back({at / bins, (at + 1) / bins, bin_rows[b], bin_events[b],
                             ratio(predictions[b], bin_rows[b])});
    m.rows += bin_rows[b];
    m.events += bin_events[b];
  }
  m.accuracy = ratio(value(total, "correct"), m.rows);
  m.log_loss = ratio(value(total, "log_loss"), m.rows);
  m.brier = ratio(value(total, "squared_error"), m.rows);
  m.auc = binned_auc(total.words("positives"), total.words("negatives"));
  return m;
}

BinaryCells::BinaryCells(SharedCells shared, std::size_t calibration_bins)
    : cells(std::move(shared)) {
  std::size_t last = calibration_bins;  // none yet
  for (std::size_t c = 0; c < cells.starts.size(); ++c) {
    const std::size_t end = c + 1 < cells.starts.size() ? cells.starts[c + 1] : auc_bins;
    const double middle = exact::sigmoid(predictor_at(cells.starts[c] + end) / 2);
    const std::size_t bin =
        bin_of(middle * static_cast<double>(calibration_bins), calibration_bins);
    groups.push_back(groups.empty() ? 0 : groups.back() + (bin == last ? 0 : 1));
    last = bin;
  }
}

std::shared_ptr<const AggregateLayout> binary_cells_layout(const BinaryCells& cells) {
  const std::size_t size = cells.groups.size();
  return layout({{"log_loss", 1, wide},
                 {"squared_error", 1, wide},
                 {"positives", size, counts},
                 {"negatives", size, counts},
                 {"predictions", cells.groups.back() + 1, wide}});
}

void add_binary_cells(const kernels::RowBlocks& rows, const Predictor& eta,
                      const BinaryCells& cells, Aggregate& sum) {
  const RowSum log_loss(sum, "log_loss"), error(sum, "squared_error"), positives(sum, "positives"),
      negatives(sum, "negatives"), predictions(sum, "predictions");
  const auto predictor = host_copy(eta);
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double y, double) {
    const double e = predictor(b, 0, r), p = exact::sigmoid(e);
    const bool event = y >= 0.5;
    const std::size_t cell = cells.cells.cell_of(bin_of((e + 16) * auc_bins_per_unit, auc_bins));
    log_loss.add(exact::softplus(event ? -e : e));
    error.add(event ? (1 - p) * (1 - p) : p * p);
    (event ? positives : negatives).count(cell);
    predictions.add(p, cells.groups[cell]);
  });
}

BinaryMetrics binary_cells_metrics(Aggregate total, const BinaryCells& cells) {
  BinaryMetrics m;
  const auto positives = values(total, "positives"), negatives = values(total, "negatives");
  const auto predictions = total.layout().has("predictions")
                               ? values(total, "predictions")
                               : std::vector<double>(cells.groups.back() + 1, undefined);
  double correct = 0;
  for (std::size_t c = 0; c < positives.size(); ++c) {
    const std::size_t start = cells.cells.starts[c], group = cells.groups[c];
    if (group == m.calibration.size()) {
      const double lower = c == 0 ? 0 : exact::sigmoid(predictor_at(2 * start) / 2);
      if (c > 0) m.calibration.back().upper = lower;
      m.calibration.push_back({lower, 1, 0, 0, undefined});
    }
    CalibrationBin& bin = m.calibration.back();
    bin.rows += positives[c] + negatives[c];
    bin.events += positives[c];
    m.rows += positives[c] + negatives[c];
    m.events += positives[c];
    correct += start >= auc_bins / 2 ? positives[c] : negatives[c];
  }
  for (std::size_t g = 0; g < predictions.size(); ++g)
    m.calibration[g].mean_prediction = ratio(predictions[g], m.calibration[g].rows);
  m.accuracy = cells.cells.is_cut ? ratio(correct, m.rows) : undefined;
  m.log_loss = ratio(value(total, "log_loss"), m.rows);
  m.brier = ratio(value(total, "squared_error"), m.rows);
  m.auc = binned_auc(total.words("positives"), total.words("negatives"));
  return m;
}

std::shared_ptr<const AggregateLayout> regression_layout(bool phm08) {
  std::vector<Stream> streams{{"rows", 1, counts},
                              {"absolute", 1, raw_moments},
                              {"squares", 1, raw_moments},
                              {"about", 1, raw_moments},
                              {"about_squares", 1, raw_moments}};
  if (phm08) streams.push_back({"phm08", 1, wide});
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

namespace {

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

RegressionMetrics regression_metrics(Aggregate total) {
  RegressionMetrics m;
  m.rows = value(total, "rows");
  const double squares = value(total, "squares"), about = value(total, "about");
  m.rmse = std::sqrt(ratio(squares, m.rows));
  m.mae = ratio(value(total, "absolute"), m.rows);
  const double about_squares = value(total, "about_squares");
  m.r_squared = explained(squares, about_squares - ratio(about * about, m.rows), about_squares);
  if (has_phm08(total)) m.phm08 = value(total, "phm08");
  return m;
}

std::shared_ptr<const AggregateLayout> rate_layout() {
  return layout({{"rows", 1, counts},
                 {"observed", 1, raw_moments},
                 {"expected", 1, raw_moments},
                 {"deviance", 1, wide},
                 {"saturated", 1, wide}});
}

void add_rate(const kernels::RowBlocks& rows, const Predictor& eta,
              const kernels::FamilyMembers& family, Aggregate& sum) {
  const RowSum count(sum, "rows"), observed(sum, "observed"), expected(sum, "expected"),
      deviance(sum, "deviance"), saturated(sum, "saturated");
  const auto predictor = host_copy(eta);
  for_each_row(rows, sum, [&](std::size_t b, std::size_t r, double y, double) {
    const double e = predictor(b, 0, r);
    count.count();
    observed.add(y);
    expected.add(family.mean(e));
    deviance.add(family.deviance(y, e));
    saturated.add(family.saturated(y));
  });
}

RateMetrics rate_metrics(Aggregate total, const kernels::FamilyMembers& family) {
  RateMetrics m;
  m.rows = value(total, "rows");
  m.observed = value(total, "observed");
  m.expected = value(total, "expected");
  const double deviance = value(total, "deviance");
  m.mean_deviance = ratio(deviance, m.rows);
  m.d_squared = undefined;
  if (m.observed > 0) {
    const double own = value(total, "saturated");
    const double mean = m.rows * family.saturated(m.observed / m.rows);
    m.d_squared = explained(deviance, 2 * (own - mean), 2 * (std::fabs(own) + std::fabs(mean)));
  }
  return m;
}

std::shared_ptr<const AggregateLayout> multinomial_layout(std::size_t classes) {
  return layout({{"confusion", classes * classes, counts}, {"log_loss", 1, wide}});
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

MultinomialMetrics multinomial_metrics(Aggregate total, std::size_t classes) {
  MultinomialMetrics m;
  const double loss = value(total, "log_loss");
  const auto confusion = total.words("confusion");
  m.confusion.assign(confusion.begin(), confusion.end());
  double correct = 0;
  for (std::size_t i = 0; i < m.confusion.size(); ++i) {
    m.rows += static_cast<double>(m.confusion[i]);
    if (i % (classes + 1) == 0) correct += static_cast<double>(m.confusion[i]);
  }
  m.accuracy = ratio(correct, m.rows);
  m.log_loss = ratio(loss, m.rows);
  return m;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/undefined.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/model/scores/labels.hpp"

namespace bailiwick {
namespace {

std::shared_ptr<const AggregateLayout> layout(std::vector<Stream> streams) {
  return std::make_shared<const AggregateLayout>(std::move(streams));
}

/// The bin of [0, bins) that a scaled value falls in; what lies outside goes to the ends.
std::size_t bin_of(double scaled, std::size_t bins) {
  const double last = static_cast<double>(bins - 1);
  return static_cast<std::size_t>(scaled >= 0 ? std::min(scaled, last) : 0.0);
}

/// The sums of a row's loss: of its events where they are likely, of the others where they are not.
struct LabelSums {
  RowSum log_loss, error, positives, negatives;

  void add(const Labels& labels, double e, double p, std::size_t bin) const {
    const auto events = static_cast<double>(labels.events),
               others = static_cast<double>(labels.others);
    if (labels.events != 0) {
      log_loss.add(events * exact::softplus(-e));
      error.add(events * ((1 - p) * (1 - p)));
      positives.count(bin, labels.events);
    }
    if (labels.others != 0) {
      log_loss.add(others * exact::softplus(e));
      error.add(others * (p * p));
      negatives.count(bin, labels.others);
    }
  }
};

/// Twice the linear predictor in the middle of two bounds of bins that add up to `bounds`.
double predictor_at(std::size_t bounds) {
  return static_cast<double>(bounds) / auc_bins_per_unit - 32;
}

/// The values of a stream, after checking that every contribution fitted.
std::vector<double> values(Aggregate& total, const char* stream) {
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(ExitCode::data,
                "predictions are not finite or too far from the target to sum; are these the "
                "columns, and their standardisation, that the model was trained on?");
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

/// JSON has no word for what is not a number.
Json defined(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

/// 1 - residual / variation. Not defined where the target does not vary: what is left of such a
/// variation is the rounding of the terms it is the difference of.
double explained(double residual, double variation, double terms) {
  constexpr double rounding = 0x1p-48;
  return variation > rounding * terms ? 1 - residual / variation : undefined;
}

/// Rows whose predicted probability lies in [lower, upper).
struct CalibrationBin {
  double lower = 0, upper = 0;
  double rows = 0, events = 0;
  double mean_prediction = 0;
};

/// What a binary response's measures are computed from.
struct BinaryCounts {
  std::vector<CalibrationBin> calibration;
  double correct = 0;  ///< at probability 1/2
};

Json to_json(const CalibrationBin& bin) {
  return {{"lower", bin.lower},
          {"upper", bin.upper},
          {"rows", bin.rows},
          {"events", bin.events},
          {"mean_prediction", defined(bin.mean_prediction)}};
}

/// `cells`: ascending; of those from `half` on the prediction is an event, if they are cut there.
Json binary_measures(Aggregate& total, const BinaryCounts& counted,
                     std::span<const ScoreCell> cells, std::optional<std::size_t> half) {
  double rows = 0, events = 0;
  Json table = Json::array();
  for (const CalibrationBin& bin : counted.calibration) {
    rows += bin.rows;
    events += bin.events;
    table.push_back(to_json(bin));
  }
  // Twice the pairs that are in order, and that may be: fewer than 2^63 for 2^31 rows.
  std::int64_t below = 0, above = 0, sure = 0, open = 0;
  for (const ScoreCell& cell : cells) {
    const std::int64_t shared = cell.events * cell.others;
    sure += 2 * cell.events * below + (cell.is_one_score() ? shared : 0);
    open += cell.is_one_score() ? 0 : 2 * shared;
    below += cell.others;
    above += cell.events;
  }
  // From the highest scores down: events found, and all rows so far. In a cell the events may come
  // one after another behind all other rows, or before them and all at one score.
  double found = 0, taken = 0, average_precision = 0, worst = 0, best = 0,
         found_at_half = undefined, taken_at_half = undefined;
  for (std::size_t c = cells.size(); c-- > 0;) {
    if (half == c + 1) found_at_half = found, taken_at_half = taken;
    const auto its = static_cast<double>(cells[c].events),
               others = static_cast<double>(cells[c].others);
    const double step = its == 0 ? 0 : its * ((found + its) / (taken + its + others));
    average_precision += step;
    if (cells[c].is_one_score()) {
      worst += step;
      best += step;
    } else if (its != 0) {
      for (double i = 1; i <= its; ++i)
        worst += (found + i) / (taken + others + i);
      best += its * ((found + its) / (taken + its));
    }
    found += its;
    taken += its + others;
  }
  if (half == 0U) found_at_half = found, taken_at_half = taken;
  const auto pairs = 2 * static_cast<double>(below) * static_cast<double>(above);
  const auto lower = static_cast<double>(sure), width = static_cast<double>(open);
  return {{"rows", rows},
          {"events", events},
          {"accuracy", defined(ratio(counted.correct, rows))},
          {"log_loss", defined(ratio(value(total, "log_loss"), rows))},
          {"brier", defined(ratio(value(total, "squared_error"), rows))},
          {"recall", defined(ratio(found_at_half, events))},
          {"precision", defined(ratio(found_at_half, taken_at_half))},
          {"f1", defined(ratio(2 * found_at_half, events + taken_at_half))},
          {"average_precision", defined(ratio(average_precision, events))},
          {"average_precision_lower", defined(ratio(worst, events))},
          {"average_precision_upper", defined(ratio(best, events))},
          {"auc", defined(ratio(lower + width / 2, pairs))},
          {"auc_lower", defined(ratio(lower, pairs))},
          {"auc_upper", defined(ratio(lower + width, pairs))},
          {"calibration", table}};
}

}  // namespace

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
  const RowSum correct(sum, "correct"), bin_rows(sum, "bin_rows"), bin_events(sum, "bin_events"),
      bin_predictions(sum, "bin_predictions");
  const LabelSums labels{RowSum(sum, "log_loss"), RowSum(sum, "squared_error"),
                         RowSum(sum, "positives"), RowSum(sum, "negatives")};
  const std::size_t bins = sum.layout().stream("bin_rows").size;
  const auto predictor = host_copy(eta);
  for_each_label(rows, sum, [&](std::size_t b, std::size_t r, const Labels& its) {
    const double e = predictor(b, 0, r), p = exact::sigmoid(e);
    const std::size_t bin = bin_of(p * static_cast<double>(bins), bins);
    const std::int64_t all = its.events + its.others;
    correct.count(0, e >= 0 ? its.events : its.others);
    labels.add(its, e, p, auc_bin(e));
    bin_rows.count(bin, all);
    bin_events.count(bin, its.events);
    bin_predictions.add(static_cast<double>(all) * p, bin);
  });
}

Json binary_metrics(Aggregate total, const ScoreCells& cells) {
  BinaryCounts counted;
  const auto bin_rows = values(total, "bin_rows"), bin_events = values(total, "bin_events"),
             predictions = values(total, "bin_predictions");
  const auto bins = static_cast<double>(bin_rows.size());
  for (std::size_t b = 0; b < bin_rows.size(); ++b) {
    const auto at = static_cast<double>(b);
    counted.calibration.push_back({at / bins, (at + 1) / bins, bin_rows[b], bin_events[b],
                                   ratio(predictions[b], bin_rows[b])});
  }
  counted.correct = value(total, "correct");
  return binary_measures(total, counted, cells.cells(), cells.half());
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
  const LabelSums labels{RowSum(sum, "log_loss"), RowSum(sum, "squared_error"),
                         RowSum(sum, "positives"), RowSum(sum, "negatives")};
  const RowSum predictions(sum, "predictions");
  const auto predictor = host_copy(eta);
  for_each_label(rows, sum, [&](std::size_t b, std::size_t r, const Labels& its) {
    const double e = predictor(b, 0, r), p = exact::sigmoid(e);
    const std::size_t cell = cells.cells.cell_of(auc_bin(e));
    labels.add(its, e, p, cell);
    predictions.add(static_cast<double>(its.events + its.others) * p, cells.groups[cell]);
  });
}

Json binary_cells_metrics(Aggregate total, const BinaryCells& cells) {
  BinaryCounts counted;
  std::vector<CalibrationBin>& table = counted.calibration;
  const auto positives = values(total, "positives"), negatives = values(total, "negatives");
  const auto of_events = total.words("positives"), of_others = total.words("negatives");
  std::vector<ScoreCell> scores;
  const auto predictions = total.layout().has("predictions")
                               ? values(total, "predictions")
                               : std::vector<double>(cells.groups.back() + 1, undefined);
  for (std::size_t c = 0; c < positives.size(); ++c) {
    const std::size_t start = cells.cells.starts[c], group = cells.groups[c];
    if (group == table.size()) {
      const double lower = c == 0 ? 0 : exact::sigmoid(predictor_at(2 * start) / 2);
      if (c > 0) table.back().upper = lower;
      table.push_back({lower, 1, 0, 0, undefined});
    }
    table.back().rows += positives[c] + negatives[c];
    table.back().events += positives[c];
    scores.push_back({0, 1, of_events[c], of_others[c]});
    counted.correct += start >= auc_bins / 2 ? positives[c] : negatives[c];
  }
  for (std::size_t g = 0; g < predictions.size(); ++g)
    table[g].mean_prediction = ratio(predictions[g], table[g].rows);
  if (!cells.cells.is_cut) {
    counted.correct = undefined;
    return binary_measures(total, counted, scores, std::nullopt);
  }
  const auto& starts = cells.cells.starts;
  const auto half = std::ranges::lower_bound(starts, auc_bins / 2) - starts.begin();
  return binary_measures(total, counted, scores, static_cast<std::size_t>(half));
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
  const double rows = value(total, "rows"), squares = value(total, "squares"),
               about = value(total, "about"), about_squares = value(total, "about_squares"),
               variation = about_squares - ratio(about * about, rows);
  Json measures = {{"rows", rows},
                   {"rmse", defined(std::sqrt(ratio(squares, rows)))},
                   {"mae", defined(ratio(value(total, "absolute"), rows))},
                   {"r_squared", defined(explained(squares, variation, about_squares))}};
  if (has_phm08(total)) measures["phm08"] = value(total, "phm08");
  return measures;
}

std::shared_ptr<const AggregateLayout> rate_layout() {
  return layout({{"rows", 1, counts},
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
  const double rows = value(total, "rows"), observed = value(total, "observed"),
               deviance = value(total, "deviance");
  double d_squared = undefined;
  const double exposure = value(total, "exposure"), offset = value(total, "observed_offset");
  const bool poisson = &family == &kernels::family_members[kernels::family<kernels::Poisson>.index];
  if (observed > 0 && (poisson || (exposure == rows && offset == 0))) {
    const double own = value(total, "saturated");
    const double mean = std::fma(exposure, family.saturated(observed / exposure), offset);
    d_squared = explained(deviance, 2 * (own - mean), 2 * (std::fabs(own) + std::fabs(mean)));
  }
  return {{"rows", rows},
          {"observed", defined(observed)},
          {"expected", defined(value(total, "expected"))},
          {"rmse", defined(std::sqrt(ratio(value(total, "squared_error"), rows)))},
          {"mean_deviance", defined(ratio(deviance, rows))},
          {"d_squared", defined(d_squared)}};
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
    recalls += ratio(right, of_class[k]);
    recall.push_back(defined(ratio(right, of_class[k])));
    precision.push_back(defined(ratio(right, predicted[k])));
  }
  return {{"rows", rows},
          {"accuracy", defined(ratio(correct, rows))},
          {"balanced_accuracy", defined(recalls / static_cast<double>(classes))},
          {"recall", recall},
          {"precision", precision},
          {"confusion", confusion}};
}

Json multinomial_metrics(Aggregate total, std::size_t classes) {
  const double loss = value(total, "log_loss");
  Json measures = confusion_measures(total.words("confusion"), classes);
  measures["log_loss"] = defined(ratio(loss, measures.at("rows").get<double>()));
  return measures;
}

}  // namespace bailiwick

// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics/metrics.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/model/metrics/measured_sums.hpp"
#include "lib/model/metrics/merged_bins.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/model/scores/labels.hpp"

namespace bailiwick {
namespace {

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
          {"mean_prediction", defined_or_null(bin.mean_prediction)}};
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
          {"accuracy", defined_or_null(ratio_of(counted.correct, rows))},
          {"log_loss", defined_or_null(ratio_of(checked_value(total, "log_loss"), rows))},
          {"brier", defined_or_null(ratio_of(checked_value(total, "squared_error"), rows))},
          {"recall", defined_or_null(ratio_of(found_at_half, events))},
          {"precision", defined_or_null(ratio_of(found_at_half, taken_at_half))},
          {"f1", defined_or_null(ratio_of(2 * found_at_half, events + taken_at_half))},
          {"average_precision", defined_or_null(ratio_of(average_precision, events))},
          {"average_precision_lower", defined_or_null(ratio_of(worst, events))},
          {"average_precision_upper", defined_or_null(ratio_of(best, events))},
          {"auc", defined_or_null(ratio_of(lower + width / 2, pairs))},
          {"auc_lower", defined_or_null(ratio_of(lower, pairs))},
          {"auc_upper", defined_or_null(ratio_of(lower + width, pairs))},
          {"calibration", table}};
}

}  // namespace

std::shared_ptr<const AggregateLayout> binary_layout(std::size_t calibration_bins) {
  ensure(calibration_bins > 0, "a calibration table has bins");
  return make_layout({{"correct", 1, counts},
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

namespace {

/// Rows with and without an event, each once, by the bin that a predictor's value is in.
template <class BinOf>
Aggregate count_rows_by_label(const kernels::RowBlocks& rows, const Predictor& eta,
                              std::size_t bins, const BinOf& bin_of_value) {
  Aggregate sum(make_layout({{"rows", 2 * bins, counts}}));
  const RowSum counted(sum, "rows");
  const auto predictor = host_copy(eta);
  for_each_label(rows, sum, [&](std::size_t b, std::size_t r, const Labels& its) {
    const std::size_t bin = bin_of_value(predictor(b, 0, r));
    if (its.events != 0) counted.count(bin);
    if (its.others != 0) counted.count(bins + bin);
  });
  return sum;
}

/// Some cell would be of fewer rows of a domain than its owner asks for, however it is cut.
void leave_out_table(Json& measures) {
  measures["calibration"] = nullptr;
  measures["left_out"]["calibration"] =
      "a domain has fewer rows with an event, or without, than its policy asks for";
}

/// Where there is to be no table, one cell in its place holds all rows and events.
std::vector<std::size_t> starts_of(const CalibrationCells& cells) {
  return cells.starts.empty() ? std::vector<std::size_t>{0} : cells.starts;
}

}  // namespace

Aggregate count_calibration_rows(const kernels::RowBlocks& rows, const Predictor& eta,
                                 std::size_t bins) {
  return count_rows_by_label(rows, eta, bins, [bins](double e) {
    return bin_of(exact::sigmoid(e) * static_cast<double>(bins), bins);
  });
}

Aggregate merge_calibration(const Aggregate& sum, const CalibrationCells& cells) {
  const std::vector<std::size_t> starts = starts_of(cells);
  const auto is_of_bins = [](const Stream& stream) { return stream.name.starts_with("bin_"); };
  std::vector<Stream> streams(sum.layout().streams().begin(), sum.layout().streams().end());
  for (Stream& stream : streams)
    if (is_of_bins(stream)) stream.size = starts.size();
  Aggregate merged(make_layout(std::move(streams)));
  merged.words().front() = sum.saturated();
  for (const Stream& stream : merged.layout().streams()) {
    const std::span from = sum.words(stream.name);
    const std::span to = merged.words(stream.name);
    if (is_of_bins(stream))
      std::ranges::copy(merge_counts(from, cells.bins, starts), to.begin());
    else
      std::ranges::copy(from, to.begin());
  }
  merged.normalise();
  return merged;
}

Json binary_metrics(Aggregate total, const ScoreCells& scores, const CalibrationCells& cells) {
  BinaryCounts counted;
  const auto bin_rows = checked_values(total, "bin_rows"),
             bin_events = checked_values(total, "bin_events"),
             predictions = checked_values(total, "bin_predictions");
  const auto bins = static_cast<double>(cells.bins);
  std::vector<std::size_t> starts = starts_of(cells);
  starts.push_back(cells.bins);
  for (std::size_t c = 0; c < bin_rows.size(); ++c)
    counted.calibration.push_back({static_cast<double>(starts[c]) / bins,
                                   static_cast<double>(starts[c + 1]) / bins, bin_rows[c],
                                   bin_events[c], ratio_of(predictions[c], bin_rows[c])});
  counted.correct = checked_value(total, "correct");
  Json measures = binary_measures(total, counted, scores.cells(), scores.half());
  if (cells.starts.empty())
    leave_out_table(measures);
  else if (cells.starts.size() < cells.bins)
    measures["calibration_bins"] = {{"asked", cells.bins}, {"told", cells.starts.size()}};
  return measures;
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

namespace {

std::size_t cell_of_predictor(const BinaryCells& cells, double e) {
  return cells.cells.cell_of(auc_bin(e));
}

}  // namespace

Aggregate count_cell_rows(const kernels::RowBlocks& rows, const Predictor& eta,
                          const BinaryCells& cells) {
  return count_rows_by_label(rows, eta, cells.groups.back() + 1,
                             [&](double e) { return cells.groups[cell_of_predictor(cells, e)]; });
}

void merge_groups(BinaryCells& cells, const std::vector<std::size_t>& starts) {
  cells.has_table = !starts.empty();
  for (std::size_t& group : cells.groups)
    group = cells.has_table ? cell_of_bin(starts, group) : 0;
}

std::shared_ptr<const AggregateLayout> binary_cells_layout(const BinaryCells& cells) {
  const std::size_t size = cells.groups.size();
  return make_layout({{"log_loss", 1, wide},
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
    const std::size_t cell = cell_of_predictor(cells, e);
    labels.add(its, e, p, cell);
    predictions.add(static_cast<double>(its.events + its.others) * p, cells.groups[cell]);
  });
}

Json binary_cells_metrics(Aggregate total, const BinaryCells& cells) {
  BinaryCounts counted;
  std::vector<CalibrationBin>& table = counted.calibration;
  const auto positives = checked_values(total, "positives"),
             negatives = checked_values(total, "negatives");
  const auto of_events = total.words("positives"), of_others = total.words("negatives");
  std::vector<ScoreCell> scores;
  const auto predictions = total.layout().has("predictions")
                               ? checked_values(total, "predictions")
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
    table[g].mean_prediction = ratio_of(predictions[g], table[g].rows);
  const auto& starts = cells.cells.starts;
  std::optional<std::size_t> half;
  if (cells.cells.is_cut)
    half = std::ranges::lower_bound(starts, auc_bins / 2) - starts.begin();
  else
    counted.correct = undefined;
  Json measures = binary_measures(total, counted, scores, half);
  if (!cells.has_table) leave_out_table(measures);
  return measures;
}

}  // namespace bailiwick

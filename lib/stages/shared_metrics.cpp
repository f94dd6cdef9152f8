// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/shared_metrics.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/model/scores/concordance.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/merge_bins.hpp"

namespace bailiwick {

namespace {

using RowCounts = std::vector<std::int64_t>;
/// A way to add counts up: from the counts of a stream to fewer that say less.
using Way = std::function<RowCounts(std::span<const std::int64_t>)>;

/// Without the number of rows there is no measure.
[[noreturn]] void refuse(std::uint64_t contributors) {
  throw Error(ExitCode::policy,
              "evaluation: fewer than {} domains have rows here, and a policy asks for as many in "
              "each number (minimum.contributors); evaluate a split that more domains have rows of",
              contributors);
}

std::string marks_of(std::span<const std::int64_t> values) {
  std::string marks;
  for (const std::int64_t value : values)
    marks += value == 0 ? '0' : '1';
  return marks;
}

/// What the methods of one evaluation share: sums of this rank's domains, and the gate.
class SharedSums {
 public:
  SharedSums(Boundary& boundary, std::span<const double> parameters)
      : boundary_(boundary), parameters_(parameters) {}

  /// A domain's totals, on all its ranks; nothing leaves it.
  std::vector<Aggregate> domain_totals(std::vector<Aggregate> parts) {
    for (std::size_t d = 0; d < parts.size(); ++d)
      boundary_.within_domain(d, parts[d]);
    return parts;
  }

  /// The first way by which every count is zero, or of enough domains.
  std::optional<std::size_t> choose(const std::vector<Aggregate>& totals, const char* stream,
                                    const std::vector<Way>& ways) {
    std::vector<std::string> marks(totals.size());
    for (std::size_t d = 0; d < totals.size(); ++d)
      for (const Way& way : ways)
        marks[d] += marks_of(way(totals[d].words(stream)));
    const RowCounts domains =
        boundary_.count_domains("contributors to evaluation", marks, parameters_);
    std::size_t at = 0;
    for (std::size_t w = 0; w < ways.size(); ++w) {
      const std::size_t size = ways[w](totals.front().words(stream)).size();
      if (enough(std::span(domains).subspan(at, size))) return w;
      at += size;
    }
    return {};
  }

  /// Halves the bins of these streams where enough domains have rows.
  std::vector<SharedRanges> ranges(const std::vector<Aggregate>& totals,
                                   const std::vector<const char*>& streams) {
    std::vector<SharedRanges> found;
    for (const char* stream : streams)
      found.emplace_back(totals.front().layout().stream(stream).size, boundary_.contributors());
    const auto asked = [&] {
      return std::ranges::any_of(found, [](const SharedRanges& r) { return !r.asked().empty(); });
    };
    while (asked()) {
      std::vector<std::string> marks(totals.size());
      for (std::size_t d = 0; d < totals.size(); ++d)
        for (std::size_t s = 0; s < streams.size(); ++s) {
          const std::span words = totals[d].words(streams[s]);
          for (const BinRange& range : found[s].asked())
            marks[d] += std::ranges::all_of(words.subspan(range.first, range.last - range.first),
                                            [](std::int64_t rows) { return rows == 0; })
                            ? '0'
                            : '1';
        }
      const RowCounts domains =
          boundary_.count_domains("contributors to cells of the evaluation", marks, parameters_);
      std::size_t at = 0;
      for (SharedRanges& ranges : found) {
        const std::size_t size = ranges.asked().size();
        ranges.answer(std::span(domains).subspan(at, size));
        at += size;
      }
    }
    return found;
  }

  /// The sum over all domains, without the streams in which a number is of too few: those are named
  /// in `left_out`.
  Aggregate sum(std::vector<Aggregate> parts, std::set<std::string>& left_out) {
    std::vector<Aggregate> totals = domain_totals(parts);
    const std::vector<Stream> streams(parts.front().layout().streams().begin(),
                                      parts.front().layout().streams().end());
    std::vector<std::string> marks(totals.size());
    for (std::size_t d = 0; d < totals.size(); ++d)
      for (const Stream& stream : streams) {
        const std::span words = totals[d].words(stream.name);
        for (std::size_t i = 0; i < stream.size; ++i) {
          bool zero = true;
          for (std::size_t word = i; word < words.size(); word += stream.size)
            zero = zero && words[word] == 0;
          marks[d] += zero ? '0' : '1';
        }
      }
    const RowCounts domains =
        boundary_.count_domains("contributors to evaluation", marks, parameters_);
    std::vector<Stream> kept;
    std::size_t at = 0;
    for (const Stream& stream : streams) {
      if (enough(std::span(domains).subspan(at, stream.size)))
        kept.push_back(stream);
      else
        left_out.insert(stream.name);
      at += stream.size;
    }
    if (kept.empty()) refuse(boundary_.contributors());
    const auto layout = std::make_shared<const AggregateLayout>(kept);
    std::vector<Aggregate> rest;
    for (const Aggregate& part : parts) {
      Aggregate& fewer = rest.emplace_back(layout);
      fewer.words().front() = part.saturated();
      for (const Stream& stream : kept)
        std::ranges::copy(part.words(stream.name), fewer.words(stream.name).begin());
    }
    Aggregate total = boundary_.across_domains("evaluation", std::move(rest), parameters_);
    if (total.saturated() != 0)
      throw Error(ExitCode::data,
                  "predictions are not finite or too far from the target to sum; are these the "
                  "columns, and their standardisation, that the model was trained on?");
    return total;
  }

  std::uint64_t contributors() const { return boundary_.contributors(); }
  /// What all domains computed at.
  std::span<const double> parameters() const { return parameters_; }

 private:
  bool enough(std::span<const std::int64_t> domains) const {
    const auto least = static_cast<std::int64_t>(boundary_.contributors());
    return std::ranges::all_of(domains, [&](std::int64_t n) { return n == 0 || n >= least; });
  }

  Boundary& boundary_;
  std::span<const double> parameters_;
};

/// The parts with one stream of counts put together in another way, or without it.
std::vector<Aggregate> regroup(const std::vector<Aggregate>& parts, const std::string& stream,
                               const Way* way) {
  std::vector<Stream> streams;
  for (Stream each : parts.front().layout().streams()) {
    if (each.name == stream) {
      if (way == nullptr) continue;
      each.size = (*way)(parts.front().words(stream)).size();
    }
    streams.push_back(each);
  }
  const auto layout = std::make_shared<const AggregateLayout>(streams);
  std::vector<Aggregate> grouped;
  for (const Aggregate& part : parts) {
    Aggregate& sum = grouped.emplace_back(layout);
    sum.words().front() = part.saturated();
    for (const Stream& each : streams)
      if (each.name == stream)
        sum.add_counts(stream, (*way)(part.words(stream)));
      else
        std::ranges::copy(part.words(each.name), sum.words(each.name).begin());
  }
  return grouped;
}

/// Puts what was not had into the metrics: null, and why.
void leave_out(Json& metrics, const std::vector<const char*>& measures, const std::string& why) {
  for (const char* measure : measures) {
    metrics[measure] = nullptr;
    metrics["left_out"][measure] = why;
  }
}

std::string too_few(std::uint64_t contributors) {
  return fmt::format("it would hold numbers of fewer than {} domains", contributors);
}

/// Kinds whose sums are single numbers.
Json shared_numbers(const SavedModel& model, const EvaluateConfig& how,
                    std::vector<Aggregate> parts, SharedSums& sums) {
  std::set<std::string> missing;
  const Aggregate total = sums.sum(std::move(parts), missing);
  if (missing.contains("rows")) refuse(sums.contributors());
  Json metrics = Scorecard(model, how).metrics(total);
  for (const std::string& stream : missing)
    leave_out(metrics, measures_made_of(stream), too_few(sums.contributors()));
  return metrics;
}

/// The histograms of a binary response, in cells.
Json shared_binary(Run& run, const std::vector<UsedModel>& models, const EvaluateConfig& how,
                   const ModelRows& rows, const std::vector<Aggregate>& parts, SharedSums& sums) {
  const auto ranges = sums.ranges(sums.domain_totals(parts), {"positives", "negatives"});
  const auto found = shared_cells(ranges, auc_bins / 2);
  std::set<std::string> missing;
  const std::string few = too_few(sums.contributors());
  if (!found) {
    const Way all = [](std::span<const std::int64_t> bins) {
      std::int64_t sum = 0;
      for (const std::int64_t bin : bins)
        sum += bin;
      return RowCounts{sum};
    };
    // Rows alone: of "bin_rows", whose sum they are.
    std::vector<Aggregate> rest = regroup(parts, "bin_rows", &all);
    for (const char* stream :
         {"correct", "positives", "negatives", "bin_events", "bin_predictions"})
      rest = regroup(rest, stream, nullptr);
    const Aggregate total = sums.sum(std::move(rest), missing);
    if (missing.contains("bin_rows")) refuse(sums.contributors());
    const double all_rows = total.value("bin_rows");
    Json metrics = {{"rows", all_rows}};
    for (const auto& [measure, stream] :
         {std::pair("log_loss", "log_loss"), {"brier", "squared_error"}})
      if (total.layout().has(stream)) metrics[measure] = total.value(stream) / all_rows;
    leave_out(
        metrics,
        {"events", "accuracy", "recall", "precision", "f1", "average_precision", "auc", "auc_lower",
         "auc_upper", "average_precision_lower", "average_precision_upper", "calibration"},
        few);
    if (missing.contains("log_loss")) leave_out(metrics, {"log_loss"}, few);
    if (missing.contains("squared_error")) leave_out(metrics, {"brier"}, few);
    return metrics;
  }
  BinaryCells cells(*found, static_cast<std::size_t>(how.calibration_bins));
  std::vector<Aggregate> counted;
  for (std::size_t d = 0; d < parts.size(); ++d) {
    const kernels::RowBlocks& own = rows.domains[d].rows;
    counted.push_back(count_cell_rows(
        own, kind_of(models[d].model.config).predictor(models[d].model, own), cells));
  }
  merge_groups(cells, merge_bins(run, calibration_round, cells.groups.back() + 1,
                                 std::move(counted), sums.parameters()));
  const auto layout = binary_cells_layout(cells);
  std::vector<Aggregate> of_cells;
  for (std::size_t d = 0; d < parts.size(); ++d) {
    const kernels::RowBlocks& own = rows.domains[d].rows;
    add_binary_cells(own, kind_of(models[d].model.config).predictor(models[d].model, own), cells,
                     of_cells.emplace_back(layout));
  }
  Aggregate total = sums.sum(std::move(of_cells), missing);
  Json metrics = binary_cells_metrics(std::move(total), cells);
  metrics["cells"] = cells.groups.size();
  if (!cells.cells.is_cut)
    leave_out(metrics, {"accuracy", "recall", "precision", "f1"},
              fmt::format("on one side of probability 1/2, fewer than {} domains have rows with or "
                          "without an event",
                          sums.contributors()));
  if (missing.contains("log_loss")) leave_out(metrics, {"log_loss"}, few);
  if (missing.contains("squared_error")) leave_out(metrics, {"brier"}, few);
  return metrics;
}

/// Categories by prediction; or right and wrong of each category; or right and wrong; or rows.
Json shared_multinomial(const SavedModel& model, const std::vector<Aggregate>& parts,
                        SharedSums& sums) {
  const std::size_t classes = model.categories.size();
  const auto right_and_wrong = [classes](bool each) {
    return [classes, each](std::span<const std::int64_t> confusion) {
      RowCounts sums_of(each ? 2 * classes : 2, 0);
      for (std::size_t i = 0; i < confusion.size(); ++i) {
        const std::size_t truth = i / classes, wrong = truth == i % classes ? 0 : 1;
        sums_of[each ? 2 * truth + wrong : wrong] += confusion[i];
      }
      return sums_of;
    };
  };
  const std::vector<Way> ways = {[](std::span<const std::int64_t> confusion) {
                                   return RowCounts(confusion.begin(), confusion.end());
                                 },
                                 right_and_wrong(true), right_and_wrong(false),
                                 [](std::span<const std::int64_t> confusion) {
                                   RowCounts all(1, 0);
                                   for (const std::int64_t count : confusion)
                                     all.front() += count;
                                   return all;
                                 }};
  const auto way = sums.choose(sums.domain_totals(parts), "confusion", ways);
  if (!way) refuse(sums.contributors());
  std::set<std::string> missing;
  Aggregate total = sums.sum(regroup(parts, "confusion", &ways[*way]), missing);
  total.normalise();
  const std::string few = too_few(sums.contributors());
  if (missing.contains("confusion")) refuse(sums.contributors());
  const std::span words = total.words("confusion");
  const RowCounts found(words.begin(), words.end());
  std::int64_t all = 0, right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    all += found[i];
    const bool is_right = *way == 0 ? i % (classes + 1) == 0 : i % 2 == 0;
    right += is_right ? found[i] : 0;
  }
  const auto share = [&](double part) {
    return all == 0 ? Json() : Json(part / static_cast<double>(all));
  };
  Json metrics = {{"rows", static_cast<double>(all)}, {"categories", model.categories}};
  if (*way <= 2) metrics["accuracy"] = share(static_cast<double>(right));
  if (*way == 0) metrics.update(confusion_measures(found, classes));
  if (*way == 1) {
    Json rights = Json::array(), wrongs = Json::array();
    for (std::size_t k = 0; k < classes; ++k) {
      rights.push_back(found[2 * k]);
      wrongs.push_back(found[2 * k + 1]);
    }
    metrics["right"] = rights;
    metrics["wrong"] = wrongs;
  }
  if (*way > 0) leave_out(metrics, {"balanced_accuracy", "recall", "precision", "confusion"}, few);
  if (*way > 2) leave_out(metrics, {"accuracy"}, few);
  if (missing.contains("log_loss"))
    leave_out(metrics, {"log_loss"}, few);
  else
    metrics["log_loss"] = share(total.value("log_loss"));
  return metrics;
}

/// Cox: all counts of pairs, or only how they fall out; rows by event, or rows.
Json shared_pairs(const std::vector<Aggregate>& parts, SharedSums& sums) {
  const std::vector<Way> of_rows = {
      [](std::span<const std::int64_t> rows) {
        return RowCounts{rows[0] - rows[1], rows[1]};
      },
      [](std::span<const std::int64_t> rows) { return RowCounts{rows[0]}; }};
  const std::vector<Way> of_pairs = {
      [](std::span<const std::int64_t> pairs) {
        return RowCounts{pairs[0] - pairs[1] - pairs[2], pairs[1], pairs[2]};
      },
      // A tied pair counts half for either side.
      [](std::span<const std::int64_t> pairs) {
        return RowCounts{2 * (pairs[0] - pairs[1]) - pairs[2], 2 * pairs[1] + pairs[2]};
      }};
  const std::vector<Aggregate> totals = sums.domain_totals(parts);
  const auto rows_by = sums.choose(totals, "rows", of_rows);
  const auto pairs_by = sums.choose(totals, "pairs", of_pairs);
  std::set<std::string> missing;
  std::vector<Aggregate> grouped = regroup(parts, "rows", rows_by ? &of_rows[*rows_by] : nullptr);
  grouped = regroup(grouped, "pairs", pairs_by ? &of_pairs[*pairs_by] : nullptr);
  const Aggregate total = sums.sum(std::move(grouped), missing);
  const std::string few = too_few(sums.contributors());
  if (!total.layout().has("rows")) refuse(sums.contributors());
  const std::span rows = total.words("rows");
  Json metrics = {{"rows", rows.size() == 2 ? rows[0] + rows[1] : rows[0]}};
  if (rows.size() == 2)
    metrics["events"] = rows[1];
  else
    leave_out(metrics, {"events"}, few);
  if (!total.layout().has("pairs")) {
    leave_out(metrics, {"c_index", "comparable", "concordant", "tied"}, few);
    return metrics;
  }
  const std::span pairs = total.words("pairs");
  Concordance sum;
  if (pairs.size() == 3) {
    sum = {pairs[0] + pairs[1] + pairs[2], pairs[1], pairs[2]};
    metrics["concordant"] = sum.concordant;
    metrics["tied"] = sum.tied;
  } else {  // twice as many, so that half a pair is whole
    sum = {pairs[0] + pairs[1], pairs[1], 0};
    leave_out(metrics, {"concordant", "tied"}, few);
  }
  metrics["comparable"] = pairs.size() == 3 ? sum.comparable : sum.comparable / 2;
  metrics["c_index"] = sum.comparable == 0 ? Json() : Json(sum.index());
  return metrics;
}

}  // namespace

Json shared_metrics(Run& run, const std::vector<UsedModel>& models, const EvaluateConfig& how,
                    const ModelRows& rows, std::vector<Aggregate> parts,
                    std::span<const double> parameters) {
  SharedSums sums(run.boundary(), parameters);
  const SavedModel& model = models.front().model;
  Json metrics;
  switch (model.config.kind->response(model.config)) {
    case kernels::Response::probability:
      metrics = shared_binary(run, models, how, rows, parts, sums);
      break;
    case kernels::Response::classes:
      metrics = shared_multinomial(model, parts, sums);
      break;
    case kernels::Response::hazard:
      metrics = shared_pairs(parts, sums);
      break;
    default:
      metrics = shared_numbers(model, how, std::move(parts), sums);
  }
  metrics["contributors"] = run.boundary().contributors();
  return metrics;
}

}  // namespace bailiwick

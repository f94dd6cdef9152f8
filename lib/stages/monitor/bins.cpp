// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/bins.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "lib/core/text.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/description.hpp"
#include "lib/model/metrics/merged_bins.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/merge_bins.hpp"
#include "lib/stages/monitor/cluster_sums.hpp"

namespace bailiwick {

namespace {

/// Rows of the reference on this rank that have a value, ascending, of each column of numbers.
std::vector<DescribedRows> reference_values(const MonitoredTable& table,
                                            const std::vector<std::size_t>& numbers) {
  std::vector<DescribedRows> domains;
  for (const SampleRows& rows : table.samples[reference_sample]) {
    DescribedRows& values = domains.emplace_back();
    for (const std::size_t c : numbers) {
      values.numbers.push_back(rows.values[c]);
      std::erase_if(values.numbers.back(), [](double value) { return std::isnan(value); });
    }
  }
  return domains;
}

void hold_rows(Run& run, const MonitoredTable& table, std::initializer_list<std::size_t> samples) {
  std::vector<std::uint64_t> held(run.local().size(), 0);
  for (const std::size_t s : samples)
    for (std::size_t d = 0; d < held.size(); ++d)
      if (!table.columns.empty()) held[d] += table.samples[s][d].values.front().size();
  run.boundary().hold_rows(std::move(held));
}

/// Quantiles as cuts. A value that several of them are is a bin of its own: what a tenth of the
/// rows have is no part of a range.
std::vector<double> cuts_of(std::vector<double> quantiles) {
  std::vector<double> cuts;
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    if (std::isnan(quantiles[i])) continue;
    const bool again = i > 0 && quantiles[i] == quantiles[i - 1];
    if (!again) cuts.push_back(quantiles[i]);
    const bool first = again && (i == 1 || quantiles[i - 2] != quantiles[i]);
    if (first)
      cuts.insert(cuts.end() - 1,
                  std::nextafter(quantiles[i], -std::numeric_limits<double>::infinity()));
  }
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

std::vector<std::vector<double>> reference_quantiles(Run& run, const MonitoredTable& table,
                                                     const std::vector<std::size_t>& numbers,
                                                     int bins) {
  DescribedColumns named;
  for (const std::size_t c : numbers)
    named.numbers.push_back(table.columns[c].name);
  std::vector<DescribedRows> domains = reference_values(table, numbers);
  hold_rows(run, table, {reference_sample});
  std::vector<std::uint64_t> rows(numbers.size(), table.rows[reference_sample]);
  if (std::ranges::any_of(numbers,
                          [&](std::size_t c) { return table.columns[c].may_be_missing; })) {
    const auto layout = std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"rows", numbers.size(), counts,
                             std::make_shared<const std::vector<std::string>>(named.numbers)}});
    std::vector<Aggregate> parts;
    for (const DescribedRows& domain : domains) {
      const std::span words = parts.emplace_back(layout).words("rows");
      for (std::size_t i = 0; i < numbers.size(); ++i)
        words[i] = static_cast<std::int64_t>(domain.numbers[i].size());
    }
    const Aggregate total = sum_groups("rows with a value", std::move(parts), run.boundary());
    for (std::size_t i = 0; i < numbers.size(); ++i)
      rows[i] = static_cast<std::uint64_t>(total.words("rows")[i]);
  }
  std::vector<double> probabilities;
  for (int i = 1; i < bins; ++i)
    probabilities.push_back(i / static_cast<double>(bins));
  return exact_quantiles(named, domains, rows, probabilities, run.boundary());
}

std::vector<ColumnBins> find_bins(Run& run, const MonitoredTable& table) {
  const MonitorConfig& how = run.config().section<MonitorConfig>();
  std::vector<ColumnBins> all(table.columns.size());
  std::vector<std::size_t> numbers;
  std::vector<std::string> without_range;
  for (std::size_t c = 0; c < all.size(); ++c) {
    const MonitoredColumn& column = table.columns[c];
    if (column.is_category()) {
      all[c].count = column.levels.size();
      continue;
    }
    all[c].missing = column.may_be_missing;
    if (how.edges == BinEdges::quantiles) {
      numbers.push_back(c);
      continue;
    }
    if (!column.minimum || !column.maximum || !(*column.minimum < *column.maximum)) {
      if (std::string_view(column.role) != "feature")
        all[c].reason = "no range of it is known";
      else
        without_range.push_back(column.name);
      continue;
    }
    for (int i = 1; i < how.bins; ++i)
      all[c].cuts.push_back(*column.minimum + (*column.maximum - *column.minimum) *
                                                  (i / static_cast<double>(how.bins)));
  }
  if (!without_range.empty())
    throw Error(ExitCode::config,
                "monitor.edges: no range was declared at ingest of {}; take quantiles, or leave "
                "them out (monitor.columns)",
                join(without_range));
  if (!numbers.empty()) {
    const auto quantiles = reference_quantiles(run, table, numbers, how.bins);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      all[numbers[i]].cuts = cuts_of(quantiles[i]);
  }
  for (std::size_t c = 0; c < all.size(); ++c)
    if (!table.columns[c].is_category() && all[c].reason.empty())
      all[c].count = all[c].cuts.size() + 1 + (all[c].missing ? 1 : 0);
  return all;
}

std::uint32_t bin_of_value(double value, const MonitoredColumn& column, const ColumnBins& bins) {
  if (column.is_category()) return static_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint32_t>(bins.count - 1);
  return static_cast<std::uint32_t>(std::ranges::lower_bound(bins.cuts, value) - bins.cuts.begin());
}

/// Words of the counts of one sample, of the bins of all columns one after the other.
struct BinPlaces {
  std::vector<std::size_t> first;
  std::size_t size = 0;  ///< of one sample

  explicit BinPlaces(const std::vector<ColumnBins>& bins) {
    for (const ColumnBins& of_column : bins) {
      first.push_back(size);
      size += of_column.count;
    }
  }
};

/// Rows in bins of both samples, all columns one after the other: the layout of a round.
std::shared_ptr<const AggregateLayout> layout_of(const MonitoredTable& table,
                                                 const std::vector<ColumnBins>& bins,
                                                 const BinPlaces& places) {
  auto names = std::make_shared<std::vector<std::string>>();
  for (const char* sample : sample_names)
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      names->insert(names->end(), bins[c].count,
                    fmt::format("{} in {}", table.columns[c].name, sample));
  return std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", 2 * places.size, counts, names}});
}

/// The bin of each of this rank's rows.
BinnedRows bin_rows(const MonitoredTable& table, const std::vector<ColumnBins>& bins) {
  BinnedRows rows;
  for (std::size_t s = 0; s < sample_names.size(); ++s)
    for (const SampleRows& of : table.samples[s]) {
      auto& of_columns = rows.bin[s].emplace_back(table.columns.size());
      for (std::size_t c = 0; c < table.columns.size(); ++c)
        if (bins[c].count > 0)
          for (const double value : of.values[c])
            of_columns[c].push_back(bin_of_value(value, table.columns[c], bins[c]));
    }
  return rows;
}

/// Of each local domain this rank's part.
std::vector<Aggregate> count_rows(const BinnedRows& rows, const BinPlaces& places,
                                  const std::shared_ptr<const AggregateLayout>& layout) {
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < rows.bin.front().size(); ++d) {
    const std::span words = parts.emplace_back(layout).words("rows");
    for (std::size_t s = 0; s < sample_names.size(); ++s)
      for (std::size_t c = 0; c < places.first.size(); ++c)
        for (const std::uint32_t bin : rows.bin[s][d][c])
          ++words[s * places.size + places.first[c] + bin];
  }
  return parts;
}

std::vector<Aggregate> whole_domains(Run& run, std::vector<Aggregate> parts) {
  for (std::size_t d = 0; d < parts.size(); ++d)
    run.boundary().within_domain(d, parts[d]);
  return parts;
}

/// Cells instead of the bins that begin at `starts`.
void put_together(ColumnBins& bins, const std::vector<std::size_t>& starts) {
  if (starts.size() == bins.count) return;
  bins.merged_from = bins.count;
  bins.count = starts.size();
  bins.starts = starts;
  if (starts.empty()) bins.reason = "policies ask for more rows, or owners, than there are";
  const bool told = !starts.empty() && starts.back() == bins.merged_from - 1;
  bins.missing_within = bins.missing && !told && !starts.empty();
  bins.missing = bins.missing && told;
  std::vector<double> cuts;
  for (std::size_t i = 1; i < starts.size(); ++i)
    if (starts[i] <= bins.cuts.size()) cuts.push_back(bins.cuts[starts[i] - 1]);
  bins.cuts = std::move(cuts);
}

/// A bin of a few rows of a domain, or of a few owners, is not told by itself.
void merge_small_bins(Run& run, const std::vector<Aggregate>& domains, const BinPlaces& places,
                      std::vector<ColumnBins>& bins, BinnedRows& rows) {
  std::vector<CountedBins> counted;
  for (std::size_t c = 0; c < bins.size(); ++c) {
    CountedBins& of = counted.emplace_back();
    of.bins = bins[c].count;
    of.apart = bins[c].missing ? of.bins - 1 : 0;
    for (const Aggregate& domain : domains) {
      std::vector<std::int64_t>& in_bins = of.rows.emplace_back();
      for (std::size_t s = 0; s < sample_names.size(); ++s) {
        const std::span words =
            domain.words("rows").subspan(s * places.size + places.first[c], of.bins);
        in_bins.insert(in_bins.end(), words.begin(), words.end());
      }
    }
  }
  const auto starts = merge_bins(run, "domains with too few rows in bins", counted);
  for (std::size_t c = 0; c < bins.size(); ++c) {
    put_together(bins[c], starts[c]);
    for (auto& of_sample : rows.bin)
      for (auto& of_domain : of_sample) {
        if (starts[c].empty()) of_domain[c].clear();
        for (std::uint32_t& bin : of_domain[c])
          bin = static_cast<std::uint32_t>(cell_of_bin(starts[c], bin));
      }
  }
}

std::vector<BinnedSamples> count_alone(const std::vector<ColumnBins>& bins, const BinPlaces& places,
                                       const Aggregate& rows) {
  std::vector<BinnedSamples> columns(bins.size());
  for (std::size_t c = 0; c < bins.size(); ++c)
    for (std::size_t s = 0; s < sample_names.size(); ++s)
      columns[c].of[s] =
          single_rows(rows.words("rows").subspan(s * places.size + places.first[c], bins[c].count));
  return columns;
}

}  // namespace

BinnedTable bin_samples(Run& run, const Samples& samples, const MonitoredTable& table) {
  BinnedTable binned;
  binned.bins = find_bins(run, table);
  binned.columns.resize(table.columns.size());
  binned.of_domain.assign(run.local().size(), binned.columns);
  if (BinPlaces(binned.bins).size == 0) return binned;
  BinnedRows rows = bin_rows(table, binned.bins);
  if (any_minimum(run)) {
    const BinPlaces places(binned.bins);
    merge_small_bins(
        run, whole_domains(run, count_rows(rows, places, layout_of(table, binned.bins, places))),
        places, binned.bins, rows);
  }
  for (std::size_t s = 0; s < sample_names.size(); ++s)
    binned.clusters[s] = static_cast<std::int64_t>(table.rows[s]);
  const BinPlaces places(binned.bins);
  if (places.size == 0) return binned;
  std::vector<Aggregate> parts = count_rows(rows, places, layout_of(table, binned.bins, places));
  const std::vector<Aggregate> domains = whole_domains(run, parts);
  const Aggregate total = sum_groups("rows in bins", std::move(parts), run.boundary());
  binned.columns = count_alone(binned.bins, places, total);
  for (std::size_t d = 0; d < domains.size(); ++d)
    binned.of_domain[d] = count_alone(binned.bins, places, domains[d]);
  if (!samples.clusters_rows()) return binned;

  hold_rows(run, table, {reference_sample, current_sample});
  add_cluster_sums(run, table, rows, !any_minimum(run), binned);
  return binned;
}

}  // namespace bailiwick

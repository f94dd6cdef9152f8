// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/cluster_sums.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "lib/data/clusters.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

/// Of a column with more bins not every pair crosses.
constexpr std::size_t most_bins_with_products = 64;
constexpr std::size_t counts_at_once = std::size_t{1} << 20;  // what bounds the memory

/// The streams of a domain's sums over its clusters, and where those of a column begin.
class ClusterLayout {
 public:
  ClusterLayout(const MonitoredTable& table, const std::vector<ColumnBins>& bins, bool products) {
    auto of_bins = std::make_shared<std::vector<std::string>>();
    for (const ColumnBins& of_column : bins) {
      const std::size_t count = of_column.count;
      first_bin_.push_back(bins_);
      first_pair_.push_back(pairs_);
      bins_ += count;
      has_products_.push_back(products && count <= most_bins_with_products);
      if (has_products_.back()) pairs_ += count * count;
    }
    for (const char* sample : sample_names)
      for (std::size_t c = 0; c < bins.size(); ++c)
        of_bins->insert(of_bins->end(), bins[c].count,
                        fmt::format("{} in {}", table.columns[c].name, sample));
    std::vector<Stream> streams;
    streams.reserve(5);
    streams.push_back({"clusters", 2, counts});
    streams.push_back({"all", 2, counts});
    streams.push_back({"squares", 2 * bins_, counts, of_bins});
    streams.push_back({"with_all", 2 * bins_, counts, of_bins});
    if (pairs_ > 0) streams.push_back({"products", 3 * pairs_, counts});
    layout_ = std::make_shared<const AggregateLayout>(std::move(streams));
  }

  const std::shared_ptr<const AggregateLayout>& layout() const { return layout_; }
  std::size_t bins() const { return bins_; }
  std::size_t columns() const { return first_bin_.size(); }
  std::size_t first_bin(std::size_t column) const { return first_bin_[column]; }
  bool has_products(std::size_t column) const { return has_products_[column]; }
  /// Of the reference, of the current sample, of the one with the other.
  std::size_t first_pair(std::size_t kind, std::size_t column) const {
    return kind * pairs_ + first_pair_[column];
  }
  std::size_t bins_of(std::size_t column) const {
    return (column + 1 < first_bin_.size() ? first_bin_[column + 1] : bins_) - first_bin_[column];
  }

 private:
  std::vector<std::size_t> first_bin_, first_pair_;
  std::vector<bool> has_products_;
  std::size_t bins_ = 0, pairs_ = 0;
  std::shared_ptr<const AggregateLayout> layout_;
};

/// A bin in which a cluster has rows, of one column.
struct ClusterBin {
  std::size_t bin;
  std::array<std::int64_t, 2> rows;  ///< of each sample
};

/// `rows`: of one cluster in the bins of all columns, of both samples.
void add_cluster(const ClusterLayout& layout, std::span<const std::int64_t> rows, Aggregate& sum) {
  std::array<std::int64_t, 2> all{};
  for (std::size_t s = 0; s < 2; ++s)  // every row is in one bin of each column
    for (std::size_t c = 0; c < layout.columns() && all[s] == 0; ++c)
      for (std::size_t b = 0; b < layout.bins_of(c); ++b)
        all[s] += rows[s * layout.bins() + layout.first_bin(c) + b];
  for (std::size_t s = 0; s < 2; ++s) {
    sum.words("clusters")[s] += all[s] > 0 ? 1 : 0;
    sum.words("all")[s] += all[s] * all[s];
  }
  const std::span squares = sum.words("squares"), with_all = sum.words("with_all");
  std::vector<ClusterBin> some;
  for (std::size_t c = 0; c < layout.columns(); ++c) {
    some.clear();
    for (std::size_t b = 0; b < layout.bins_of(c); ++b) {
      const std::size_t at = layout.first_bin(c) + b;
      const std::array found{rows[at], rows[layout.bins() + at]};
      if (found[0] != 0 || found[1] != 0) some.push_back({b, found});
      for (std::size_t s = 0; s < 2; ++s) {
        squares[s * layout.bins() + at] += found[s] * found[s];
        with_all[s * layout.bins() + at] += found[s] * all[s];
      }
    }
    if (!layout.has_products(c)) continue;
    const std::span products = sum.words("products");
    for (const ClusterBin& one : some)
      for (const ClusterBin& other : some) {
        const std::size_t pair = one.bin * layout.bins_of(c) + other.bin;
        products[layout.first_pair(0, c) + pair] += one.rows[0] * other.rows[0];
        products[layout.first_pair(1, c) + pair] += one.rows[1] * other.rows[1];
        products[layout.first_pair(2, c) + pair] += one.rows[0] * other.rows[1];
      }
  }
}

/// The sums of the d-th local domain, on the rank that leads it. Collective over the domain.
Aggregate sums_of_clusters(Run& run, const ClusterLayout& layout, const MonitoredTable& table,
                           const BinnedRows& rows, std::size_t d) {
  std::vector<std::string> names;
  for (const std::vector<SampleRows>& sample : table.samples)
    names.insert(names.end(), sample[d].clusters.begin(), sample[d].clusters.end());
  const NumberedClusters clusters = number_clusters(names, d, run.boundary());
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t row) { return clusters.of_row[row]; });
  const std::size_t of_reference = table.samples[reference_sample][d].clusters.size();

  Aggregate sum(layout.layout());
  const std::size_t width = 2 * layout.bins();
  const std::size_t at_once =
      std::max<std::size_t>(1, counts_at_once / std::max<std::size_t>(1, width));
  auto next = order.begin();
  for (std::size_t first = 0; first < clusters.count; first += at_once) {
    const std::size_t count = std::min(at_once, clusters.count - first);
    Aggregate some(std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"rows", count * width, counts}}));
    const std::span words = some.words("rows");
    for (; next != order.end() && clusters.of_row[*next] < first + count; ++next) {
      const std::size_t s = *next < of_reference ? reference_sample : current_sample;
      const std::size_t row = s == reference_sample ? *next : *next - of_reference;
      const std::size_t at = (clusters.of_row[*next] - first) * width + s * layout.bins();
      for (std::size_t c = 0; c < layout.columns(); ++c)
        if (layout.bins_of(c) > 0) ++words[at + layout.first_bin(c) + rows.bin[s][d][c][row]];
    }
    run.boundary().within_domain(d, some);
    if (!run.boundary().leads(d)) continue;
    for (std::size_t c = 0; c < count; ++c)
      add_cluster(layout, some.words("rows").subspan(c * width, width), sum);
  }
  return sum;
}

void put_cluster_sums(const ClusterLayout& layout, const Aggregate& sum,
                      std::vector<BinnedSamples>& columns) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::size_t count = layout.bins_of(c);
    const auto take = [&](const char* stream, std::size_t first, std::size_t size) {
      const std::span words = sum.words(stream).subspan(first, size);
      return std::vector<std::int64_t>(words.begin(), words.end());
    };
    for (std::size_t s = 0; s < 2; ++s) {
      SampleBins& of = columns[c].of[s];
      const std::size_t first = s * layout.bins() + layout.first_bin(c);
      of.squares = take("squares", first, count);
      of.with_all = take("with_all", first, count);
      of.all_squares = sum.words("all")[s];
      of.clusters = sum.words("clusters")[s];
      if (layout.has_products(c))
        columns[c].products[s] = take("products", layout.first_pair(s, c), count * count);
    }
    if (layout.has_products(c))
      columns[c].shared = take("products", layout.first_pair(2, c), count * count);
  }
}

}  // namespace

void add_cluster_sums(Run& run, const MonitoredTable& table, const BinnedRows& rows, bool products,
                      BinnedTable& binned) {
  const ClusterLayout layout(table, binned.bins, products);
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    parts.push_back(sums_of_clusters(run, layout, table, rows, d));
    put_cluster_sums(layout, parts.back(), binned.of_domain[d]);
  }
  const Aggregate total = run.boundary().across_domains("rows of clusters", std::move(parts));
  if (total.saturated() != 0)
    throw Error(ExitCode::data,
                "monitor: clusters of rows are too large to count their pairs; name another column "
                "(monitor.cluster)");
  put_cluster_sums(layout, total, binned.columns);
  for (std::size_t s = 0; s < 2; ++s)
    binned.clusters[s] = total.words("clusters")[s];
}

}  // namespace bailiwick

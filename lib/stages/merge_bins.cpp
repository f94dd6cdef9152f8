// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/merge_bins.hpp"

#include <algorithm>
#include <numeric>

#include "lib/data/minimums.hpp"
#include "lib/egress/meter.hpp"
#include "lib/model/metrics/merged_bins.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

/// What a domain says of a range: whether some way has too few of its rows there, whether one has
/// any, and, for contributors, that of each way.
std::string marks_of(const CountedBins& table, std::size_t d, const BinRange& range,
                     std::uint64_t least, bool of_ways) {
  bool few = false;
  std::string ways;
  const std::span rows = table.rows[d];
  for (std::size_t first = range.first; first < rows.size(); first += table.bins) {
    const auto in_range = rows.subspan(first, range.last - range.first);
    const std::int64_t sum = std::reduce(in_range.begin(), in_range.end(), std::int64_t{0});
    few = few || (sum > 0 && static_cast<std::uint64_t>(sum) < least);
    ways += sum > 0 ? '1' : '0';
  }
  const bool any = ways.find('1') != std::string::npos;
  return std::string(few ? "1" : "0") + (any ? "1" : "0") + (of_ways ? ways : "");
}

/// The same of all domains: in how many each is so.
RangeRows rows_of(std::span<const std::int64_t> domains, std::int64_t contributors) {
  const bool few = domains[0] > 0 || std::ranges::any_of(domains.subspan(2), [&](std::int64_t n) {
                     return n > 0 && n < contributors;
                   });
  if (few) return RangeRows::few;
  return domains[1] > 0 ? RangeRows::enough : RangeRows::none;
}

}  // namespace

bool any_minimum(const Run& run) {
  const EgressPurpose purpose("agreement and errors");
  std::int64_t votes[] = {0};
  for (const LocalDomain& domain : run.local())
    votes[0] += has_minimum(run, domain) ? 1 : 0;
  run.world().sum(votes);
  return votes[0] > 0;
}

std::vector<std::vector<std::size_t>> merge_bins(Run& run, const std::string& round,
                                                 std::span<const CountedBins> tables,
                                                 std::span<const double> parameters) {
  std::vector<std::vector<std::size_t>> starts;
  if (!any_minimum(run)) {
    for (const CountedBins& table : tables) {
      starts.emplace_back(table.bins);
      std::iota(starts.back().begin(), starts.back().end(), std::size_t{0});
    }
    return starts;
  }
  const auto contributors = static_cast<std::int64_t>(run.boundary().contributors());
  std::vector<MergedBins> merged;
  for (const CountedBins& table : tables)
    merged.emplace_back(table.bins, table.apart);
  const auto asked = [&] {
    return std::ranges::any_of(merged, [](const MergedBins& of) { return !of.asked().empty(); });
  };
  while (asked()) {
    std::vector<std::string> marks(run.local().size());
    for (std::size_t d = 0; d < marks.size(); ++d)
      for (std::size_t t = 0; t < tables.size(); ++t)
        for (const BinRange& range : merged[t].asked())
          marks[d] +=
              marks_of(tables[t], d, range, run.local()[d].minimum_group_rows, contributors > 1);
    const std::vector<std::int64_t> domains =
        run.boundary().count_domains(round, marks, parameters);
    std::span rest = std::span(domains);
    for (std::size_t t = 0; t < tables.size(); ++t) {
      if (merged[t].asked().empty()) continue;
      const std::size_t marked =
          2 + (contributors > 1 ? tables[t].rows.front().size() / tables[t].bins : 0);
      std::vector<RangeRows> rows;
      for (std::size_t i = 0; i < merged[t].asked().size(); ++i) {
        rows.push_back(rows_of(rest.first(marked), contributors));
        rest = rest.subspan(marked);
      }
      merged[t].answer(rows);
    }
  }
  for (const MergedBins& of : merged)
    starts.push_back(of.starts());
  return starts;
}

std::vector<std::size_t> merge_bins(Run& run, const std::string& round, std::size_t bins,
                                    std::vector<Aggregate> parts,
                                    std::span<const double> parameters) {
  CountedBins table{bins, 0, {}};
  for (std::size_t d = 0; d < parts.size(); ++d) {
    run.boundary().within_domain(d, parts[d]);
    const std::span words = parts[d].words("rows");
    table.rows.emplace_back(words.begin(), words.end());
  }
  return merge_bins(run, round, {&table, 1}, parameters).front();
}

}  // namespace bailiwick

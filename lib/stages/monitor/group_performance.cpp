// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "lib/core/text.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/monitor/measured.hpp"
#include "lib/stages/monitor/performance.hpp"

namespace bailiwick {

namespace {

/// The rows of a domain with one level, as if the others weighed nothing.
LoadedRows rows_of_level(const LoadedRows& domain, const std::vector<double>& codes,
                         std::size_t level) {
  LoadedRows chosen = domain;
  auto& weight = chosen.rows.weight;
  weight = decltype(chosen.rows.weight)("weight", weight.extent(0), weight.extent(1));
  const auto from = host_copy(domain.rows.weight);
  const auto to = Kokkos::create_mirror_view(weight);
  auto code = codes.begin();
  chosen.selected = 0;
  for (std::size_t b = 0; b < from.extent(0); ++b)
    for (std::size_t r = 0; r < from.extent(1); ++r) {
      const bool weighs = from(b, r) != 0;
      const bool taken = weighs && *code == static_cast<double>(level);
      to(b, r) = taken ? from(b, r) : 0;
      chosen.selected += taken ? 1 : 0;
      if (weighs) ++code;
    }
  Kokkos::deep_copy(weight, to);
  return chosen;
}

/// The groups of which rows are counted.
struct GroupCells {
  std::vector<std::string> names;
  std::vector<std::size_t> first;  ///< of each category: its first cell
  bool events;                     ///< a cell for either outcome
};

/// A level of few rows of a domain is not told, nor that all its rows have the outcome. One round.
std::vector<std::int64_t> count_groups_of(Run& run, const Predictions& predictions, std::size_t s,
                                          const GroupCells& cells) {
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", cells.names.size(), counts,
                           std::make_shared<const std::vector<std::string>>(cells.names)}});
  std::vector<Aggregate> parts, wholes;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    const std::span words = parts.emplace_back(layout).words("rows");
    const kernels::RowBlocks& rows = predictions.rows[s].domains[d].rows;
    const std::vector<std::vector<double>>& codes = predictions.table.samples[s][d].groups;
    const auto weight = host_copy(rows.weight);
    const auto y = host_copy(rows.y);
    std::size_t row = 0;
    for (std::size_t b = 0; b < rows.blocks(); ++b)
      for (std::size_t r = 0; r < rows.block_rows(); ++r) {
        if (weight(b, r) == 0) continue;
        for (std::size_t g = 0; g < cells.first.size(); ++g) {
          const auto level = static_cast<std::size_t>(codes[g][row]);
          ++words[cells.first[g] + (cells.events ? 2 * level + (y(b, 0, r) != 0 ? 1 : 0) : level)];
        }
        ++row;
      }
    wholes.push_back(parts.back());
    run.boundary().within_domain(d, wholes.back());
  }
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < wholes.size(); ++d) {
      const LocalDomain& domain = run.local()[d];
      const std::span words = wholes[d].words("rows");
      std::vector<std::string> few;
      for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] > 0 && static_cast<std::uint64_t>(words[i]) < domain.minimum_group_rows)
          few.push_back(cells.names[i]);
      if (!few.empty())
        throw Error(
            ExitCode::policy,
            "domain {}: monitor.groups: fewer of its {} rows than the {} that a policy asks "
            "for (minimum.group_rows, or without it minimum.rows) are of: {}",
            domain.admission.domain(), sample_names[s], domain.minimum_group_rows, join(few));
    }
  });
  const Aggregate total = sum_groups("rows of groups", std::move(parts), run.boundary());
  const std::span words = total.words("rows");
  return {words.begin(), words.end()};
}

/// Of some metrics, those that are single numbers.
Json single_numbers(const Json& metrics) {
  Json numbers = Json::object();
  for (const auto& [name, value] : metrics.items())
    if (value.is_number()) numbers[name] = value;
  if (numbers.contains("events"))
    numbers["event_rate"] = numbers["events"].get<double>() / numbers["rows"].get<double>();
  return numbers;
}

/// The largest difference of each measure between the levels of a category.
Json largest_gaps(const Json& levels, const char* sample) {
  std::map<std::string, std::pair<double, double>> range;  // of each measure
  for (const Json& level : levels) {
    if (!level.contains(sample)) continue;
    for (const auto& [name, value] : level[sample].items()) {
      if (name == "rows" || name == "events") continue;
      const auto number = value.get<double>();
      auto& [least, most] = range.try_emplace(name, number, number).first->second;
      least = std::min(least, number);
      most = std::max(most, number);
    }
  }
  Json gaps = Json::object();
  for (const auto& [name, ends] : range)
    gaps[name] = ends.second - ends.first;
  return gaps;
}

}  // namespace

Json groups_performance(Run& run, const UsedModel& used, const Predictions& predictions) {
  const bool events =
      used.model.config.kind->response(used.model.config) == kernels::Response::probability &&
      used.model.config.trials.empty();
  GroupCells cells{{}, {}, events};
  for (const MonitoredColumn& group : predictions.groups) {
    cells.first.push_back(cells.names.size());
    for (const std::string& level : group.levels) {
      const std::string name = group.name + " " + level;
      if (events) cells.names.push_back(name + " without an event");
      cells.names.push_back(events ? name + " with an event" : name);
    }
  }
  std::vector<std::int64_t> counted[2];
  for (std::size_t s = 0; s < sample_names.size(); ++s)
    counted[s] = count_groups_of(run, predictions, s, cells);
  Json said = Json::array();
  for (std::size_t g = 0; g < predictions.groups.size(); ++g) {
    const MonitoredColumn& group = predictions.groups[g];
    Json levels = Json::array();
    for (std::size_t l = 0; l < group.levels.size(); ++l) {
      Json& level = levels.emplace_back(Json{{"level", group.levels[l]}});
      for (std::size_t s = 0; s < sample_names.size(); ++s) {
        const std::size_t at = cells.first[g] + (events ? 2 * l : l);
        if (counted[s][at] + (events ? counted[s][at + 1] : 0) == 0) continue;
        ModelRows rows = predictions.rows[s];
        for (std::size_t d = 0; d < rows.domains.size(); ++d)
          rows.domains[d] = rows_of_level(predictions.rows[s].domains[d],
                                          predictions.table.samples[s][d].groups[g], l);
        level[sample_names[s]] = single_numbers(measured(run, used, predictions.models, rows));
      }
    }
    Json& of_group = said.emplace_back(Json{{"name", group.name}, {"levels", levels}});
    for (const char* sample : sample_names)
      of_group["gaps"][sample] = largest_gaps(levels, sample);
  }
  return said;
}

}  // namespace bailiwick
